"""A workspace with an MLflow store, copied from one that is made once: its migrations take seconds."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tasks.files import write_json
from tasks.paths import Paths
from tasks.tracking import init_store

DIGEST = "d" * 64


@pytest.fixture(scope="session")
def template_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths = Paths(tmp_path_factory.mktemp("template"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
            patch.delenv(name, raising=False)
        init_store(paths)
    return paths.root / "mlflow.db"


@pytest.fixture
def make_workspace(template_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Paths]:
    """A function: name → an empty workspace of that name with a store."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)

    def make(name: str) -> Paths:
        paths = Paths(tmp_path / name)
        paths.root.mkdir()
        shutil.copy(template_store, paths.root / "mlflow.db")
        with closing(sqlite3.connect(paths.root / "mlflow.db")) as connection, connection:
            location = ((paths.root / "mlartifacts").as_uri(),)
            connection.execute("UPDATE experiments SET artifact_location = ? WHERE name = 'finetrace'", location)
        return paths

    return make


@pytest.fixture
def paths(make_workspace: Callable[[str], Paths]) -> Paths:
    """An empty workspace with a store and a finetune report."""
    made = make_workspace("workspace")
    history = [{"epoch": 1, "val_loss": 0.5}, {"epoch": 2, "val_loss": 0.25}]
    write_json(made.report("finetune"), {"history": history, "model_digest": DIGEST})
    return made
