"""Registered versions, each with the statement of what made it"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError
from tasks.lineage.kept import read_statement
from tasks.lineage.ledger import ledger_name
from tasks.lineage.named import find_named
from tasks.lineage.statement import Statement
from tasks.tracking.store import Store

RECALLED = "recalled"
"""Tag of a version that was recalled: the entry of the ledger, and why."""
_PAGE = 1_000


@dataclass(frozen=True)
class Version:
    """A version as the registry has it."""

    name: str
    number: int
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    run_id: str
    statement: Statement | None
    """None if it cannot be read, and then `why` says why."""
    folder: Path | None
    """Where the statement and what is kept beside it lie."""
    why: str = ""

    @property
    def shown(self) -> str:
        return f"{self.name} v{self.number}"

    def known(self) -> Statement:
        """The statement. Raises IntegrityError if it cannot be read."""
        if self.statement is None:
            raise IntegrityError(f"{self.shown}: {self.why}")
        return self.statement


def traced_models(store: Store, configured: str) -> list[str]:
    """The registered models that finetrace keeps a ledger of, the one of params.yaml first."""
    found: set[str] = set()
    token = None
    while True:
        page = store.client.search_registered_models(max_results=_PAGE, page_token=token)
        found |= {each.name for each in page}
        token = page.token
        if not token:
            break
    traced = {name for name in found if ledger_name(name) in found} | ({configured} & found)
    return sorted(traced, key=lambda name: (name != configured, name))


def read_versions(store: Store, name: str) -> list[Version]:
    """Every version of a registered model, by number."""
    aliases = store.client.get_registered_model(name).aliases
    found: list[Any] = []
    token = None
    while True:
        page = store.client.search_model_versions(f"name = '{name}'", max_results=_PAGE, page_token=token)
        found += page
        token = page.token
        if not token:
            break
    return [_read(store, each, aliases) for each in sorted(found, key=lambda each: int(each.version))]


def read_version(store: Store, configured: str, address: str) -> Version:
    """The version that a person names, in one of the forms of tasks.lineage.address.

    Raises SettingsError for another form, and if there is no such version.
    """
    found = find_named(store, configured, address)
    return _read(store, found, store.client.get_registered_model(found.name).aliases)


def _read(store: Store, found: Any, aliases: Mapping[str, str]) -> Version:
    statement, folder, why = None, None, ""
    try:
        kept = read_statement(store, found)
        statement, folder = kept.statement, kept.folder
    except IntegrityError as error:
        why = str(error)
    number = int(found.version)
    pointing = tuple(sorted(alias for alias, version in aliases.items() if int(version) == number))
    return Version(str(found.name), number, pointing, dict(found.tags), str(found.run_id or ""), statement, folder, why)
