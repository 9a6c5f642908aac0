"""Models and versions whose files lie where they should not."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import DataError, IntegrityError
from tasks.register.stage import run
from tasks.tracking import open_store
from tasks.tracking.download import download


def register(workspace, **changes: Any) -> dict[str, Any]:
    given = {"register": workspace.register, "base": workspace.base, "settings": workspace.settings}
    return run(workspace.paths, **(given | changes))


def test_a_model_that_lies_outside_of_the_workspace_is_not_registered(workspace, tmp_path: Path) -> None:
    shutil.move(workspace.paths.model, tmp_path / "elsewhere")
    workspace.paths.model.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="data/model is a link that leads out"):
        register(workspace)


@pytest.mark.parametrize("source", ["/nonexistent/model", "file:///nonexistent/model"])
def test_a_version_whose_files_are_nowhere_is_told_in_a_line(workspace, source: str) -> None:
    register(workspace)
    store = open_store(workspace.paths)
    store.client.create_model_version("tiny", source=source)
    with pytest.raises(IntegrityError, match="models:/tiny/2: its files should be in /nonexistent/model"):
        download(store, "models:/tiny/2")
