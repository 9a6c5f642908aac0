"""A signed workspace with two versions, made once; whoever tampers with it puts it back"""

import os
from pathlib import Path
from unittest.mock import patch

import pytest

from tasks.lineage.keys import KEY_VARIABLE
from tests.audited import Audited, cleared_environment
from tests.torture.fuzz import make_signed


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """The workspace; its key signs only while it is made."""
    folder = tmp_path_factory.mktemp("audited")
    with cleared_environment(), patch.dict(os.environ, {KEY_VARIABLE: str(folder / "key.pem")}):
        return make_signed(folder)


@pytest.fixture
def audited(signed: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """The same, looked at without anything of our own that leads elsewhere."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return signed
