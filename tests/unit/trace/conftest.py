"""A workspace with rows, reports and a registry, made without training anything"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tasks.digest import digests_of_file
from tasks.lineage.kept import STATEMENT_TAG, keep_statement
from tasks.lineage.ledger import append, read_ledger, set_anchor
from tasks.paths import Paths
from tasks.tracking import init_store, open_store
from tasks.tracking.store import Store
from tests.unit.trace.rows import (
    NAME,
    PARAMS,
    SBOM,
    TEXTS,
    statement_of,
    write_predictions,
    write_reports,
    write_sides,
)


@pytest.fixture(scope="session")
def template_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths = Paths(tmp_path_factory.mktemp("template"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
            patch.delenv(name, raising=False)
        init_store(paths)
    return paths.root / "mlflow.db"


class Traced:
    """A workspace whose registry is filled by hand."""

    def __init__(self, paths: Paths, store: Store) -> None:
        self.paths, self.store = paths, store

    def register(self, **changes: Any) -> int:
        """A version made from the workspace as it is; the first one is the champion, each newest the challenger."""
        statement = statement_of(self.paths, **changes)
        run_id = self.store.client.create_run(self.store.experiment_id).info.run_id
        keep_statement(self.store, run_id, statement, {"sbom.cdx.json": json.dumps(SBOM)})
        self._ensure_model()
        tags = {STATEMENT_TAG: statement.digest}
        made = self.store.client.create_model_version(NAME, source="mem:", run_id=run_id, tags=tags)
        number = int(made.version)
        champion = read_ledger(self.store, self.paths, NAME).chain.champion
        self.enter("register", number, after=champion or number)
        self.store.client.set_registered_model_alias(NAME, "challenger", str(number))
        return number

    def promote(self, number: int) -> None:
        """What a promotion leaves."""
        self.enter("promote", number, after=number)

    def enter(self, action: Any, number: int, *, after: int | None) -> None:
        """An entry of the ledger, and what follows from it."""
        chain = read_ledger(self.store, self.paths, NAME).chain
        given = {"version": number, "before": chain.champion, "after": after, "by": "ada", "via": "cli", "reason": ""}
        append(self.store, self.paths, NAME, expected=chain.head, action=action, **given)
        self.store.client.set_registered_model_alias(NAME, "champion", str(after))
        set_anchor(self.store, NAME, read_ledger(self.store, self.paths, NAME).chain.head)

    def change_rows(self, texts: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Other rows, of which the next version is made."""
        write_sides(self.paths, texts)
        (self.paths.root / "data" / "raw" / "rows.csv").write_text(json.dumps(texts))

    def aliases(self) -> dict[str, int]:
        """Alias → version."""
        found = self.store.client.get_registered_model(NAME).aliases
        return {alias: int(version) for alias, version in found.items()}

    def forget(self, file: Path) -> None:
        """Take a file out of the workspace and out of DVC's cache."""
        md5 = digests_of_file(file)[0]
        file.unlink()
        (self.paths.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]).unlink()

    def _ensure_model(self) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self.store.client.create_registered_model(NAME)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Paths of a workspace with rows, reports and predictions, and no registry."""
    made = Paths(tmp_path)
    made.params.write_text(PARAMS)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "rows.csv").write_text("text,label\n")
    write_sides(made, TEXTS)
    write_predictions(made, {"end my subscription": "late"})
    write_reports(made)
    return made


@pytest.fixture
def traced(paths: Paths, template_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traced]:
    """The same with a registry in which nothing is registered."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME", "FINETRACE_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(paths.root))
    shutil.copy(template_store, paths.root / "mlflow.db")
    with closing(sqlite3.connect(paths.root / "mlflow.db")) as connection, connection:
        location = ((paths.root / "mlartifacts").as_uri(),)
        connection.execute("UPDATE experiments SET artifact_location = ? WHERE name = 'finetrace'", location)
    yield Traced(paths, open_store(paths))


@pytest.fixture
def third_is_touched(traced: Traced) -> Traced:
    """Three versions; all but the second learned from its first train row, and the third is champion and challenger."""
    traced.register()
    traced.change_rows({**TEXTS, "train": TEXTS["train"][1:]})
    traced.register()
    traced.promote(2)
    traced.change_rows(TEXTS)
    traced.register()
    traced.promote(3)
    return traced


@pytest.fixture
def finetrace(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run a command line in that workspace; its exit code."""
    from flows.cli import app
    from flows.exit import run_app

    monkeypatch.chdir(paths.root)
    monkeypatch.setenv("FINETRACE_ROOT", str(paths.root))
    monkeypatch.setenv("FINETRACE_DEBUG", "")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run_app(app, list(arguments))
