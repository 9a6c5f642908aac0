"""The notebook, and the commands that pages mark with `<!-- runs -->`, in one workspace with a tiny base, in order."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.conftest import Workspace
from tests.pipeline.trials_workspace import make_small
from tests.shown import DOCS, commands

pytestmark = pytest.mark.pipeline
GATE = (
    "{min_accuracy: 0.0, min_macro_f1: 0.0, max_ece: 1.0, baseline_tolerance: 1.0, champion_tolerance: 1.0, "
    "slice_tolerance: 1.0, beats_baseline: never}"
)
"""A tiny base with random weights learns next to nothing, and shall be registered all the same."""
RUN_CELLS = """
import asyncio, json, sys
async def run():  # a notebook's kernel runs its cells within an event loop
    names = {"__name__": "__main__"}
    for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
asyncio.run(run())
"""
COMMANDS = list(dict.fromkeys(each.words for each in commands() if each.runs))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, prefect_state: Path) -> Iterator[Workspace]:
    """No run yet, and no server but the one that each flow starts for itself."""
    workspace = make_small(tmp_path_factory.mktemp("documentation"))
    shutil.copytree(prefect_state, workspace.root / ".finetrace")
    params = workspace.root / "params.yaml"
    whole = params.read_text()
    params.write_text(re.sub("register: .*", f"register: {{name: support-intents, gate: {GATE}}}", whole))
    yield workspace
    workspace.end_all()


@pytest.fixture(scope="module")
def notebook(workspace: Workspace) -> subprocess.CompletedProcess[str]:
    """The notebook's cells, run from the first to the last in one process."""
    process = workspace.start_command([sys.executable, "-c", RUN_CELLS, str(DOCS / "tutorials" / "notebook.ipynb")])
    out, errors = process.communicate(timeout=600)
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def test_notebook_runs_from_the_first_cell_to_the_last(notebook: subprocess.CompletedProcess[str]) -> None:
    assert notebook.returncode == 0, notebook.stderr[-3000:]
    assert "✓ made   finetune" in notebook.stdout
    assert "I forgot my password →" in notebook.stdout
    assert "no such stage" in notebook.stdout


def test_shown_commands_end_well_one_after_the_other(
    workspace: Workspace, notebook: subprocess.CompletedProcess[str], server: str
) -> None:
    failed = []
    for command in COMMANDS:
        assert command[0] == "finetrace", command
        done = workspace.finetrace(*command[1:], PREFECT_API_URL=server)
        if done.returncode != 0 or not done.stdout:
            failed.append((command, done.returncode, done.stderr[-500:]))
    assert failed == []
    assert len(COMMANDS) >= 8


def test_no_page_changed_what_the_notebook_made(workspace: Workspace) -> None:
    """Also of `finetrace compare`, which looks at the test rows: what evaluate made is what dvc.lock says."""
    assert workspace.dvc("status", "--quiet").returncode == 0
    assert Path(workspace.root / "data" / "evaluation" / "predictions.parquet").exists()
