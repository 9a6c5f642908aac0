"""The registry of a workspace, opened for one of the verbs that move its aliases"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tasks.config import Config, load_config
from tasks.errors import SettingsError
from tasks.lineage.actor import actor
from tasks.lineage.address import parse_address
from tasks.lineage.named import look_up
from tasks.lineage.readable import readable
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.tracking.reach import reporting
from tasks.tracking.store import Store, open_store


@dataclass(frozen=True)
class Registry:
    """An open store and the settings that say which model is meant."""

    paths: Paths
    config: Config
    store: Store

    @property
    def name(self) -> str:
        """The registered model."""
        return self.config.register.name

    def number_of(self, asked: str) -> int:
        """The version that a person names, as every verb takes it. Raises SettingsError if there is none such, or if it
        is one of another model."""
        name, which = parse_address(asked, self.name)
        if name != self.name:
            raise SettingsError(
                f"{name} is not the model of this workspace, {self.name} (register.name in params.yaml)."
            )
        return int(look_up(self.store, name, which).version)

    def actor(self, said: str) -> str:
        """Who acts, as the ledger will name them."""
        return actor(self.paths.root, said.strip())


@contextmanager
def open_registry(paths: Paths) -> Iterator[Registry]:
    """The registry; what goes wrong with it in the block is told as one SetupError."""
    set_switches()
    config = load_config(paths.params)
    store = open_store(paths)
    with reporting(store.registry_uri):
        yield Registry(paths, config, store)


def check_reason(reason: str) -> str:
    """The reason. Raises SettingsError if it says nothing."""
    if not reason.strip():
        raise SettingsError("--reason is empty: say why, the ledger keeps it.")
    return readable(reason.strip())
