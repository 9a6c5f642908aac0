"""A workspace whose model has two versions, v1 the champion and v2 the better challenger; made once, copied."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.paths import Paths

if TYPE_CHECKING:  # they are imported where they are needed: this module is every test's
    from tasks.config import Config
    from tasks.lineage.ledger import Ledger
    from tasks.promotion.promote import Judged
    from tasks.tracking import Store
    from tests.unit.register.conftest import Workspace

NAME = "tiny"
STORES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME")


@dataclass
class Desk:
    """The registry of a workspace, and what a person does with it."""

    paths: Paths
    config: "Config"
    store: "Store"

    @property
    def ledger(self) -> "Ledger":
        from tasks.lineage.ledger import read_ledger

        return read_ledger(self.store, self.paths, NAME)

    @property
    def aliases(self) -> dict[str, int]:
        from tasks.promotion.choice import aliases_by_name

        return aliases_by_name(self.store, NAME)

    def version(self, number: int) -> Any:
        return self.store.client.get_model_version(NAME, str(number))

    def set_alias(self, number: int) -> None:
        """What MLflow's page does."""
        self.store.client.set_registered_model_alias(NAME, "champion", str(number))

    def judge(self, number: int) -> "Judged":
        from tasks.promotion.promote import judge_version

        return judge_version(self.store, self.paths, self.config, self.ledger.chain, number)

    def promote(self, number: int, via: Any = "cli", reason: str = "better", **more: Any) -> Any:
        """Judge and decide in one go."""
        from tasks.promotion.promote import Asked, decide

        begun, judged = self.ledger.chain, self.judge(number)
        return decide(self.store, self.paths, NAME, Asked(number, "ann", via, reason, **more), judged, begun)

    def decide(self, number: int, judged: "Judged", begun: Any, by: str = "ann") -> Any:
        from tasks.promotion.promote import Asked, decide

        return decide(self.store, self.paths, NAME, Asked(number, by, "cli", "better"), judged, begun)

    def with_promote(self, **changes: Any) -> "Desk":
        """The same under other settings."""
        return replace(self, config=replace(self.config, promote=replace(self.config.promote, **changes)))

    def folder(self, number: int) -> Path:
        """Where a version's files lie."""
        return Path(self.version(number).source.removeprefix("file://"))


@pytest.fixture(scope="session")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> "Workspace":
    """The workspace that is copied."""
    import yaml

    from tasks.register.stage import run as register
    from tasks.settings import as_dict
    from tests.unit.register.conftest import build_workspace, make_base, make_store

    with pytest.MonkeyPatch.context() as patch:
        for name in STORES:
            patch.delenv(name, raising=False)
        page = "tasks.report.run_report.render_run_report"  # has tests of its own
        patch.setattr(page, lambda paths, verdict: f"<!DOCTYPE html><p>{verdict['line']}</p>")
        scratch = tmp_path_factory.mktemp("promotion")
        store, base = make_store(scratch / "store"), make_base(scratch / "base")
        workspace = build_workspace(scratch / "made", store, base)
        for seed in (1, 2):
            workspace.train(seed=seed)
            workspace.evaluate()
            register(workspace.paths, register=workspace.register, base=workspace.base, settings=workspace.settings)
    settings = {"base": as_dict(workspace.base), "ingest": {"path": "data/raw.csv"}}
    workspace.paths.params.write_text(yaml.safe_dump(settings | {"register": as_dict(workspace.register)}))
    return workspace


@pytest.fixture
def desk(
    two_versions: "Workspace", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_answers: dict[str, Any]
) -> Desk:
    """A copy of it, its models asked in this process."""
    from mlflow.tracking._tracking_service import utils as mlflow_runs

    from tasks.config import Config
    from tasks.ingest.settings import IngestSettings
    from tasks.tracking import open_store
    from tests.torture.workspace import copy_workspace

    for name in STORES:
        monkeypatch.delenv(name, raising=False)
    copy_workspace(two_versions.paths.root, tmp_path / "workspace")
    mlflow_runs._artifact_repos_cache.clear()  # of this process, by run: the copy's runs have the same ids
    paths, raw = Paths(tmp_path / "workspace"), IngestSettings(path="data/raw.csv")
    return Desk(paths, Config(base=two_versions.base, ingest=raw, register=two_versions.register), open_store(paths))


@pytest.fixture
def quick_answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Models answer in this process, in five milliseconds; what stands in here by name answers instead."""
    instead: dict[str, Any] = {}

    def ask(folders: Mapping[str, Path], texts: Sequence[Any], timed: Any = ()) -> dict[str, Any]:
        return {who: instead.get(who) or _answers(folder, texts) for who, folder in folders.items()}

    monkeypatch.setattr("tasks.promotion.facts.ask_all", ask)
    monkeypatch.setattr("tasks.promotion.rollback.ask_all", ask)
    return instead


def _answers(folder: Path, texts: Sequence[Any]) -> Any:
    from tasks.promotion.clean_process import Answers
    from tasks.register.package import open_package

    model = open_package(folder)
    different = tuple(dict.fromkeys(texts))
    outputs = model.predict(list(different))
    answers = tuple(model.answers(outputs))
    return Answers(different, model.target, tuple(model.labels), answers, tuple(outputs), 5.0, True)


@pytest.fixture
def flip() -> Callable[[Path], None]:
    """A function that changes one bit in the middle of a file."""

    def change(path: Path) -> None:
        whole = bytearray(path.read_bytes())
        whole[len(whole) // 2] ^= 1
        path.chmod(0o644)
        path.write_bytes(bytes(whole))

    return change
