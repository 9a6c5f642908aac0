"""Two at once, and runs that are killed: nothing stays behind, nothing is lost. Stages are fake here."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.pipeline
Workspace = Any  # tests/pipeline/conftest.py


def _wait_for(file: Path, process: subprocess.Popen[str]) -> None:
    """Return when the file is there."""
    deadline = time.monotonic() + 120
    while not file.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive_in(root: Path) -> list[str]:
    """Commands of processes that work in the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(root):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def _all_gone(root: Path) -> bool:
    """Whether every process of the folder ends within seconds."""
    deadline = time.monotonic() + 15
    while _alive_in(root):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _made(output: str) -> dict[str, str]:
    """made or cached, by stage."""
    return {words[2]: words[1] for line in output.splitlines() if len(words := line.split()) > 2 and words[0] in "✓="}


def _flow_states(root: Path) -> list[str]:
    """States of the flow runs in the workspace's own Prefect database, the first run first."""
    with closing(sqlite3.connect(root / ".finetrace" / "prefect" / "prefect.db")) as database:
        return [state for (state,) in database.execute("SELECT state_type FROM flow_run ORDER BY start_time")]


def test_runs_killed_one_after_another_leave_no_process_and_the_next_goes_on_from_what_was_done(
    lonely: Workspace,
) -> None:
    """Each run is killed in the stage after; the last one, which nobody kills, makes what is left."""
    ends = {
        "validate": (signal.SIGKILL, -signal.SIGKILL),
        "split": (signal.SIGTERM, 130),
        "augment": (signal.SIGINT, 130),
    }
    done = ["ingest"]
    for stage, (number, code) in ends.items():
        run = lonely.start("run", "--until", "augment", FAKE_WAIT=f"{stage}:{lonely.root / 'go'}")
        _wait_for(lonely.root / "waiting", run)
        assert any("uvicorn" in command for command in _alive_in(lonely.root))  # its own server
        run.send_signal(number)
        output, complaint = run.communicate(timeout=60)  # which also proves that nobody holds its pipe
        assert run.returncode == code
        assert "Traceback" not in complaint
        assert _made(output) == dict.fromkeys(done[:-1], "cached") | {done[-1]: "made"}
        assert _all_gone(lonely.root)
        (lonely.root / "waiting").unlink()
        done.append(stage)

    last = lonely.finetrace("run", "--until", "augment")
    assert (last.returncode, last.stderr) == (0, "")
    assert _made(last.stdout) == dict.fromkeys(done[:-1], "cached") | {done[-1]: "made"}
    assert _all_gone(lonely.root)
    assert not list(lonely.root.rglob(".tmp-*"))
    assert (lonely.root / ".finetrace").stat().st_mode & 0o077 == 0
    assert _flow_states(lonely.root) == ["CRASHED", "CRASHED", "CRASHED", "COMPLETED"]


def test_second_run_at_once_is_refused_and_names_the_first(fake: Workspace) -> None:
    go = fake.root / "go"
    first = fake.start("run", "--until", "ingest", FAKE_WAIT=f"ingest:{go}")
    _wait_for(fake.root / "waiting", first)
    second = fake.finetrace("run")
    assert second.returncode == 6
    assert f"process {first.pid} " in second.stderr
    assert len(second.stderr.splitlines()) == 1
    status = fake.finetrace("status")
    assert f"process {first.pid} " in status.stdout
    go.touch()
    assert first.wait(60) == 0


def test_dvc_at_work_in_the_same_folder_is_waited_for_and_then_told(fake: Workspace) -> None:
    go = fake.root / "go"
    other = fake.start_command([sys.executable, "-m", "dvc", "repro", "ingest"], FAKE_WAIT=f"ingest:{go}")
    _wait_for(fake.root / "waiting", other)
    done = fake.finetrace("run", "--until", "ingest")
    assert done.returncode == 6
    assert "DVC" in done.stderr
    go.touch()
    other.communicate(timeout=60)
    assert other.returncode == 0
