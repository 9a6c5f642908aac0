"""A folder that finetrace can run in, made fresh for each test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.paths import Paths

PARAMS = """# the whole file
base:
  id: sentence-transformers/all-MiniLM-L6-v2
  revision: 1110a243fdf4706b3f48f1d95db1a4f5529b4d41
  sha256: 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db   # of model.safetensors
ingest:
  path: data/raw/old.csv   # the file
  text_column: message
  sha256: aa00000000000000000000000000000000000000000000000000000000000000
validate: {}
split: {val: 0.2}
augment: {}
finetune: {}
evaluate: {}
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Paths of a folder with a params.yaml."""
    (tmp_path / "params.yaml").write_text(PARAMS)
    return Paths(tmp_path)


@pytest.fixture
def finetrace(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run a command line in that folder; its exit code."""
    from flows.cli import app
    from flows.exit import run_app

    monkeypatch.chdir(paths.root)
    monkeypatch.setenv("FINETRACE_ROOT", str(paths.root))
    monkeypatch.setenv("FINETRACE_DEBUG", "")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run_app(app, list(arguments))


@pytest.fixture
def tracked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What DVC would have been asked to track."""
    asked: list[Path] = []
    monkeypatch.setattr("flows.verbs.add_data._track", lambda paths, target: asked.append(target))
    return asked


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")
