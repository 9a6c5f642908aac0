"""One holder at a time; the dead hold nothing."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from flows.processes.lock import holder, workspace_lock
from tasks.errors import BusyError
from tasks.paths import Paths

HOLD = (
    "import sys; from pathlib import Path; from tasks.paths import Paths\n"
    "from flows.processes.lock import workspace_lock\n"
    "with workspace_lock(Paths(Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
)


def _start_holder(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()


def test_second_process_is_told_who_holds_the_workspace(tmp_path: Path) -> None:
    other = _start_holder(tmp_path)
    with pytest.raises(BusyError, match=f"process {other.pid} "), workspace_lock(Paths(tmp_path)):
        pass
    _end(other)


def test_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    other = _start_holder(tmp_path)
    other.kill()
    _end(other)
    with workspace_lock(Paths(tmp_path)):
        pass


def test_holder_is_named_while_it_lives_and_forgotten_when_killed(tmp_path: Path) -> None:
    other = _start_holder(tmp_path)
    found = holder(Paths(tmp_path))
    assert found is not None
    assert found["pid"] == other.pid
    other.kill()
    _end(other)
    assert holder(Paths(tmp_path)) is None


def test_process_that_got_a_dead_holders_pid_does_not_hold_the_lock(tmp_path: Path) -> None:
    (tmp_path / ".finetrace").mkdir()
    long_ago = psutil.Process().create_time() - 1000
    file = tmp_path / ".finetrace" / "lock"
    file.write_text(json.dumps({"pid": os.getppid(), "started": long_ago, "command": "finetrace run"}))
    assert holder(Paths(tmp_path)) is None
    with workspace_lock(Paths(tmp_path)):
        pass


def test_half_written_lock_file_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".finetrace").mkdir()
    (tmp_path / ".finetrace" / "lock").write_text('{"pid": 12')
    with workspace_lock(Paths(tmp_path)):
        assert holder(Paths(tmp_path)) is not None


def test_holder_may_take_its_own_lock_again_and_keeps_it(tmp_path: Path) -> None:
    with workspace_lock(Paths(tmp_path)):
        with workspace_lock(Paths(tmp_path)):
            pass
        assert holder(Paths(tmp_path)) is not None


def test_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), workspace_lock(Paths(tmp_path)):
        raise ZeroDivisionError
    assert holder(Paths(tmp_path)) is None
    with workspace_lock(Paths(tmp_path)):
        pass


def test_state_folder_and_lock_are_for_their_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with workspace_lock(Paths(tmp_path)):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / ".finetrace").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / ".finetrace" / "lock").stat().st_mode) == 0o600


def test_state_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    (tmp_path / ".finetrace").mkdir(mode=0o755)
    with workspace_lock(Paths(tmp_path)):
        assert stat.S_IMODE((tmp_path / ".finetrace").stat().st_mode) == 0o700


def test_eight_processes_on_a_virgin_folder_all_get_the_lock_in_turn(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from flows.processes.lock import workspace_lock\n"
        "from tasks.errors import BusyError; from tasks.paths import Paths\n"
        "while True:\n"
        "    try:\n"
        "        with workspace_lock(Paths(Path(sys.argv[1]))): break\n"
        "    except BusyError: time.sleep(0.01)\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(8)]
    assert [process.wait(60) for process in processes] == [0] * 8
