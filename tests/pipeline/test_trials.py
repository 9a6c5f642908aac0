"""Comparisons and searches end to end on a tiny base: what fails, what is killed, who looks at the test side."""

import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.pipeline.trials_workspace import finished, make_small, told

pytestmark = pytest.mark.pipeline
Workspace = Any  # tests/pipeline/conftest.py
NOTE_READS = """

_read_table, _note = read_table, Path(__file__).parents[1] / "reads.txt"


def read_table(path: Path, *rest: Any) -> Any:
    import os

    job = os.environ.get("FINETRACE_JOB", "")
    if job and "test" in path.name:
        with _note.open("a") as file:
            file.write(f"{job}\\n")
    return _read_table(path, *rest)
"""
DIE = """

_run = run


def run(paths: Paths, *, finetune: FinetuneSettings, base: BaseSettings, **more: Any) -> dict[str, Any]:
    import os

    if finetune.strategy.kind == "ia3":
        os.kill(os.getpid(), 9)
    return _run(paths, finetune=finetune, base=base, **more)
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[Workspace]:
    """A workspace whose code notes who reads the test side, and dies where a training is of strategy ia3."""
    workspace = make_small(tmp_path_factory.mktemp("small"))
    workspace.environment["PREFECT_API_URL"] = server
    for name, more in (("table.py", NOTE_READS), ("finetune/stage.py", DIE)):
        file = workspace.root / "tasks" / name
        file.write_text(file.read_text() + more)
    table = workspace.root / "tasks/table.py"
    table.write_text(table.read_text().replace('"""\n', '"""\n\nfrom typing import Any\n', 1))
    yield workspace
    workspace.end_all()


def _runs(root: Path, tag: str, value: str) -> list[tuple[str, str]]:
    """Name and parent of each MLflow run that has the tag."""
    above = "SELECT value FROM tags p WHERE p.run_uuid = r.run_uuid AND p.key = ?"
    sql = f"SELECT r.name, COALESCE(({above}), '') FROM runs r"  # noqa: S608
    sql += " JOIN tags t ON t.run_uuid = r.run_uuid WHERE t.key = ? AND t.value LIKE ? ORDER BY r.name"
    with closing(sqlite3.connect(root / "mlflow.db")) as database:
        return database.execute(sql, ("mlflow.parentRunId", tag, value)).fetchall()


def _kill_when(workspace: Workspace, arguments: list[str], happened: Callable[[], bool]) -> None:
    """Start a command, end it alone with SIGKILL once it happened; all that it started must be gone soon."""
    process = workspace.start(*arguments)
    deadline = time.monotonic() + 400
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while _alive_in(workspace.root):
        assert time.monotonic() < deadline, _alive_in(workspace.root)
        time.sleep(0.1)


def _alive_in(root: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(root):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_killed_comparison_loses_nobody_and_the_winner_alone_looks_at_test(small: Workspace) -> None:
    words = ["compare", "partial", "lora:strategy.rank=2", "deep:strategy.layers=9", "dying:strategy={kind: ia3}"]
    words += ["--seeds", "2", "--epochs", "1", "--jobs", "1"]
    _kill_when(small, words, lambda: bool(finished(small.root)))
    kept = finished(small.root)
    found = told(small, *words, "--apply")
    after = finished(small.root)
    assert {name: after[name] for name in kept} == kept
    assert len(after) == 2 * 2

    assert {each["name"]: len(each["by_seed"]) for each in found["candidates"]} == {
        "partial": 2,
        "lora:strategy.rank=2": 2,
    }
    failed = {each["name"]: each["reason"] for each in found["failed"]}
    assert "the base has 3 layers" in failed["deep"]
    assert "signal 9" in failed["dying"]

    looked = {Path(line) for line in (small.root / "reads.txt").read_text().split()}
    (look,) = looked  # one job
    assert look.name == "test.json"
    assert found["test"]["candidate"] == found["winner"]
    model = json.loads((look.parent / "result.json").read_text())
    assert model["model_digest"] == json.loads((look.parent / "evaluation/results.json").read_text())["model_digest"]

    starts = _runs(small.root, "finetrace.comparison", found["id"])
    assert [name for name, _ in starts] == [f"compare-{found['id']}"] * 2
    below: dict[str, set[str]] = {}
    for name, above in _runs(small.root, "finetrace.label", "% seed %"):
        below.setdefault(above, set()).add(name)
    every = {f"{each['name']} seed {seed}" for each in found["candidates"] for seed in (0, 1)}
    assert [every <= names for names in below.values()].count(True) == 1  # of the start that was not killed
    assert "<script" not in (small.root / found["page"]).read_text()
    text = (small.root / "params.yaml").read_text()
    assert "# kept: the first line" in text
    assert "epochs: 1" in text
    assert not list((small.root / "data/trials").glob("*/.tmp-*"))


def test_killed_search_goes_on_with_what_it_knew_and_never_sees_test(small: Workspace) -> None:
    (small.root / "space.yaml").write_text(
        "finetune.learning_rate: {low: 1e-5, high: 1e-2, log: true}\n"
        "finetune.strategy: {choices: [{kind: full}, {kind: ia3}]}\n"
    )
    reads = (small.root / "reads.txt").read_text() if (small.root / "reads.txt").exists() else ""
    before, settings = set(finished(small.root)), (small.root / "params.yaml").read_bytes()
    words = ["search", "space.yaml", "--trials", "5", "--jobs", "1"]
    _kill_when(small, words, lambda: len(set(finished(small.root)) - before) >= 2)
    kept = finished(small.root)
    found = told(small, "search", "--resume", "--trials", "5", "--jobs", "1")
    after = finished(small.root)
    assert {name: after[name] for name in kept} == kept
    assert len(found["trials"]) == 5
    assert {each["state"] for each in found["trials"]} <= {"complete", "failed"}  # ia3 dies here
    assert found["best"]["val_score"] == max(each["value"] or 0 for each in found["trials"])
    assert ((small.root / "reads.txt").read_text() if (small.root / "reads.txt").exists() else "") == reads
    assert found["lines"] in (small.root / found["patch"]).read_text()
    assert (small.root / "params.yaml").read_bytes() == settings  # nothing is applied unasked
