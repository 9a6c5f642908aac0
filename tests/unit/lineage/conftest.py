"""A registry with one version, made from a template of an empty one."""

import shutil
from pathlib import Path

import pytest

from tasks.paths import Paths
from tasks.tracking import Store, init_store, open_store


@pytest.fixture(scope="session")
def template_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths = Paths(tmp_path_factory.mktemp("template"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
            patch.delenv(name, raising=False)
        init_store(paths)
    return paths.root / "mlflow.db"


@pytest.fixture
def paths(tmp_path: Path, template_store: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME", "FINETRACE_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    shutil.copy(template_store, tmp_path / "mlflow.db")
    return Paths(tmp_path)


@pytest.fixture
def store(paths: Paths) -> Store:
    """With the registered model `tiny` and its version 1."""
    made = open_store(paths)
    run_id = made.client.create_run(made.experiment_id).info.run_id
    made.client.create_registered_model("tiny")
    made.client.create_model_version("tiny", source=(paths.root / "files").as_uri(), run_id=run_id)
    return made
