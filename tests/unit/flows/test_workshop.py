"""DVC and stages in a process that lasts for several requests; each stage a fork that ends with all it did."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.processes.workshop import Workshop, open_workshop
from tasks.paths import Paths

DVC_YAML = """\
stages:
  ingest: {cmd: python -m tasks ingest, outs: [ingested]}
  other: {cmd: echo other >other, outs: [other]}
"""
STAGE = """\
import os, sys, time
from pathlib import Path

def main(arguments):
    what = os.environ.get("WHAT", "")
    print("pid", os.getpid(), "parent", os.getppid(), "argv", sys.argv, flush=True)
    print("loaded", "wave" in sys.modules, "given", what, flush=True)
    if what == "kill":
        os.kill(os.getpid(), 9)
    if what == "hang":
        time.sleep(1000)
    if what == "raise":
        raise KeyError("broken")
    Path("ingested").write_text(what)
    import colorsys
    return 3 if what == "fail" else 0
"""
STAGES = 'STAGES = {"ingest": ()}\nPUBLISHING = "register"\nSHARED_IMPORTS = {"ingest": ("wave", "no_such_module")}\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC workspace with a `tasks` of its own, whose one stage does as WHAT says."""
    source = Path(__file__).resolve().parents[3]
    (tmp_path / "tasks").mkdir()
    for name in ("offline.py", "paths.py"):
        (tmp_path / "tasks" / name).write_bytes((source / "tasks" / name).read_bytes())
    (tmp_path / "tasks" / "__init__.py").touch()
    (tmp_path / "tasks" / "__main__.py").write_text(STAGE)
    (tmp_path / "tasks" / "stages.py").write_text(STAGES)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture
def workshop(root: Path) -> Iterator[Workshop]:
    with open_workshop(Paths(root)) as opened:
        yield opened


def _repro(workshop: Workshop, stage: str = "ingest", what: str = "x", seconds: float = 60) -> tuple[int, list[str]]:
    told: list[str] = []
    code = workshop.dvc(
        "repro", "--force", "--single-item", stage, tell=told.append, seconds=seconds, environment={"WHAT": what}
    )
    return code, told


def _said(told: list[str], word: str) -> list[str]:
    (line,) = [line for line in told if line.startswith(word)]
    return line.split()


def test_stages_are_forks_of_one_process_with_the_shared_imports_loaded(workshop: Workshop, root: Path) -> None:
    first, second = _repro(workshop, what="a"), _repro(workshop, what="b")
    assert (first[0], second[0]) == (0, 0)
    assert _said(first[1], "loaded") == ["loaded", "True", "given", "a"]
    assert _said(second[1], "loaded") == ["loaded", "True", "given", "b"]
    pids = [_said(told, "pid") for _, told in (first, second)]
    assert pids[0][1] != pids[1][1]
    assert pids[0][3] == pids[1][3]
    assert pids[0][4:] == ["argv", "['tasks',", "'ingest']"]
    assert (root / "ingested").read_text() == "b"


def test_dvc_of_the_command_line_finds_nothing_to_do_afterwards(workshop: Workshop, root: Path) -> None:
    _repro(workshop)
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro", "ingest"], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "Data and pipelines are up to date."


def test_commands_that_are_not_ours_are_run_as_dvc_runs_them(workshop: Workshop, root: Path) -> None:
    assert _repro(workshop, "other")[0] == 0
    assert (root / "other").read_text() == "other\n"


@pytest.mark.parametrize(("what", "status"), [("fail", 3), ("kill", -signal.SIGKILL), ("raise", 1)])
def test_how_a_stage_ends_is_told_in_the_words_of_dvc_and_the_next_one_runs(
    workshop: Workshop, what: str, status: int
) -> None:
    code, told = _repro(workshop, what=what)
    assert code == 255
    assert f"exited with {status}" in told[-1]
    assert _repro(workshop)[0] == 0


def test_unexpected_error_of_a_stage_shows_its_traceback(workshop: Workshop) -> None:
    assert "KeyError: 'broken'" in _repro(workshop, what="raise")[1]


def test_stage_that_takes_too_long_is_ended_and_the_next_request_starts_anew(workshop: Workshop) -> None:
    told: list[str] = []
    with pytest.raises(TimeoutError, match=r"dvc repro took longer than 5 seconds"):
        workshop.dvc("repro", "ingest", tell=told.append, seconds=5, environment={"WHAT": "hang"})
    pid = int(_said(told, "pid")[1])
    assert not psutil.pid_exists(pid)
    assert _repro(workshop)[0] == 0


def test_workshop_that_died_is_opened_again(workshop: Workshop) -> None:
    _, told = _repro(workshop)
    os.kill(int(_said(told, "pid")[3]), signal.SIGKILL)
    code, told = _repro(workshop)
    assert code == 128 + signal.SIGKILL
    assert _repro(workshop)[0] == 0


def test_nothing_is_left_when_the_workshop_closes(root: Path) -> None:
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    with open_workshop(Paths(root)) as workshop, open_workshop(Paths(root)) as same:
        assert workshop is same
        _repro(workshop)
        assert {each.pid for each in psutil.Process().children(recursive=True)} > before
    assert {each.pid for each in psutil.Process().children(recursive=True)} == before


def test_what_several_stages_import_can_be_imported_and_leaves_no_thread_that_a_fork_would_lose() -> None:
    code = (
        "from flows.processes.child import environment; import os; os.environ.update(environment())\n"
        "from flows.processes.forks import _load, is_fit_to_fork\n"
        "from tasks.stages import SHARED_IMPORTS; import sys\n"
        "modules = {each for stage in SHARED_IMPORTS.values() for each in stage}\n"
        "_load(modules); print(is_fit_to_fork(), modules - sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True set()\n"


def test_what_a_killed_dvc_left_of_its_list_of_locks_stops_nobody(workshop: Workshop, root: Path) -> None:
    (root / ".dvc" / "tmp" / "rwlock").touch()
    assert _repro(workshop)[0] == 0


def test_an_emptied_list_of_locks_is_left_alone_while_another_dvc_works_there(workshop: Workshop, root: Path) -> None:
    (root / ".dvc" / "tmp" / "rwlock").touch()
    other = subprocess.Popen([sys.executable, "-c", "input()", "dvc", "repro"], cwd=root, stdin=subprocess.PIPE)
    try:
        code, told = _repro(workshop)
    finally:
        other.communicate(b"")
    assert code != 0
    assert any("rwlock" in line for line in told)
