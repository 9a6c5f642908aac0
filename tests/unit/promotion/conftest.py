"""A workspace whose model has two versions, v1 the champion and v2 the better challenger; made once, copied."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from mlflow.tracking._tracking_service import utils as mlflow_runs

from tasks.config import Config
from tasks.errors import GateError
from tasks.ingest.settings import IngestSettings
from tasks.lineage.ledger import Ledger, read_ledger
from tasks.paths import Paths
from tasks.promotion.choice import aliases_by_name
from tasks.promotion.clean_process import Answers
from tasks.promotion.promote import Asked, Judged, decide, judge_version
from tasks.register.package import open_package
from tasks.register.stage import run as register
from tasks.settings import as_dict
from tasks.tracking import Store, open_store
from tests.torture.workspace import copy_workspace
from tests.unit.register.conftest import Workspace, build_workspace, template_store, tiny_base

__all__ = ["template_store", "tiny_base"]
NAME = "tiny"
STORES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME")


@dataclass
class Desk:
    """The registry of a workspace, and what a person does with it."""

    paths: Paths
    config: Config
    store: Store

    @property
    def ledger(self) -> Ledger:
        return read_ledger(self.store, self.paths, NAME)

    @property
    def aliases(self) -> dict[str, int]:
        return aliases_by_name(self.store, NAME)

    def version(self, number: int) -> Any:
        return self.store.client.get_model_version(NAME, str(number))

    def set_alias(self, number: int) -> None:
        """What MLflow's page does."""
        self.store.client.set_registered_model_alias(NAME, "champion", str(number))

    def judge(self, number: int) -> Judged:
        return judge_version(self.store, self.paths, self.config, self.ledger.chain, number)

    def promote(self, number: int, via: Any = "cli", reason: str = "better", **more: Any) -> Any:
        """Judge and decide in one go."""
        begun = self.ledger.chain
        judged = judge_version(self.store, self.paths, self.config, begun, number)
        return decide(self.store, self.paths, NAME, Asked(number, "ann", via, reason, **more), judged, begun)

    def decide(self, number: int, judged: Judged, begun: Any, by: str = "ann") -> Any:
        return decide(self.store, self.paths, NAME, Asked(number, by, "cli", "better"), judged, begun)

    def with_promote(self, **changes: Any) -> "Desk":
        """The same under other settings."""
        return replace(self, config=replace(self.config, promote=replace(self.config.promote, **changes)))

    def folder(self, number: int) -> Path:
        """Where a version's files lie."""
        return Path(self.version(number).source.removeprefix("file://"))


def config_of(workspace: Workspace) -> Config:
    return Config(base=workspace.base, ingest=IngestSettings(path="data/raw.csv"), register=workspace.register)


@pytest.fixture(scope="session")
def two_versions(template_store: Path, tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace that is copied."""
    with pytest.MonkeyPatch.context() as patch:
        for name in STORES:
            patch.delenv(name, raising=False)
        page = "tasks.report.run_report.render_run_report"  # has tests of its own
        patch.setattr(page, lambda paths, verdict: f"<!DOCTYPE html><p>{verdict['line']}</p>")
        workspace = build_workspace(tmp_path_factory.mktemp("promotion") / "made", template_store, tiny_base)
        for seed in (1, 2):
            workspace.train(seed=seed)
            workspace.evaluate()
            register(workspace.paths, register=workspace.register, base=workspace.base, settings=workspace.settings)
    settings = {"base": as_dict(workspace.base), "ingest": {"path": "data/raw.csv"}}
    workspace.paths.params.write_text(yaml.safe_dump(settings | {"register": as_dict(workspace.register)}))
    return workspace


@pytest.fixture
def desk(two_versions: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A copy of it, its models asked in this process."""
    for name in STORES:
        monkeypatch.delenv(name, raising=False)
    copy_workspace(two_versions.paths.root, tmp_path / "workspace")
    mlflow_runs._artifact_repos_cache.clear()  # of this process, by run: the copy's runs have the same ids
    paths = Paths(tmp_path / "workspace")
    return Desk(paths, config_of(two_versions), open_store(paths))


@pytest.fixture(autouse=True)
def quick_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Models answer in this process, in five milliseconds; what stands in here by name answers instead."""
    instead: dict[str, Any] = {}

    def ask(folders: Mapping[str, Path], texts: Sequence[Any], timed: Any = ()) -> dict[str, Answers | GateError]:
        return {who: instead.get(who) or _answers(folder, texts) for who, folder in folders.items()}

    monkeypatch.setattr("tasks.promotion.facts.ask_all", ask)
    monkeypatch.setattr("tasks.promotion.rollback.ask_all", ask)
    yield instead


def _answers(folder: Path, texts: Sequence[Any]) -> Answers:
    model = open_package(folder)
    different = tuple(dict.fromkeys(texts))
    return Answers(different, tuple(model.labels), model.predict(list(different)), 5.0, True)


@pytest.fixture
def flip() -> Callable[[Path], None]:
    """A function that changes one bit in the middle of a file."""

    def change(path: Path) -> None:
        whole = bytearray(path.read_bytes())
        whole[len(whole) // 2] ^= 1
        path.chmod(0o644)
        path.write_bytes(bytes(whole))

    return change
