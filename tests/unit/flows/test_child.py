"""Children end with us, and all that they started with them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows.processes import child

PYTHON = sys.executable


def _run(command: list[str], timeout_seconds: float = 60.0) -> tuple[int, list[str]]:
    reading, writing = os.pipe()
    process = child.start(command, cwd=Path.cwd(), env=os.environ, output=writing)
    os.close(writing)
    lines = child.Lines(os.fdopen(reading, "rb", buffering=0), time.monotonic() + timeout_seconds)
    try:
        told = list(lines)
        return process.wait(), told
    finally:
        child.stop(process)
        lines.close()


def _gone(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_output_is_told_line_by_line_and_a_progress_bar_has_lines_too() -> None:
    assert _run(["sh", "-c", r"printf 'one\n10%%\r20%%\rlast'"]) == (0, ["one", "10%", "20%", "last"])


def test_what_is_said_on_stderr_is_told_too() -> None:
    assert _run(["sh", "-c", "echo bad >&2; exit 3"]) == (3, ["bad"])


def test_signal_that_ended_the_child_is_in_its_code() -> None:
    assert _run(["sh", "-c", "kill -9 $$"])[0] == 128 + 9


def test_line_in_another_encoding_is_told_with_marks() -> None:
    assert _run(["sh", "-c", r"printf '\377x\n'"]) == (0, ["\ufffdx"])


def test_child_that_says_nothing_is_waited_for_no_longer_than_the_deadline() -> None:
    with pytest.raises(TimeoutError):
        _run(["sleep", "1000"], timeout_seconds=0.5)


def test_listening_goes_on_after_a_break() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\ntwo\nthree\n")
    os.close(writing)
    lines = child.Lines(os.fdopen(reading, "rb", buffering=0))
    first = next(iter(lines))
    assert (first, list(lines)) == ("one", ["two", "three"])
    lines.close()


def test_child_that_never_stops_talking_is_ended_too() -> None:
    with pytest.raises(TimeoutError):
        _run(["yes"], timeout_seconds=0.5)


def test_what_the_child_left_in_the_background_ends_with_it() -> None:
    code, told = _run(["sh", "-c", "sleep 1000 & echo $!"])
    assert code == 0
    assert _gone(int(told[0]))


def test_grandchild_that_left_the_process_group_ends_too() -> None:
    leave = f"{PYTHON} -c 'import os, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(1000)'"
    script = f"({leave} &) | head -1; exit 0"  # its parent is gone when we look
    code, told = _run(["sh", "-c", script])
    assert code == 0
    assert _gone(int(told[0]))


def test_killing_us_with_sigkill_ends_child_and_grandchild() -> None:
    code = (
        "import os; from pathlib import Path; from flows.processes import child\n"
        "child.start(['sh', '-c', 'sleep 1000 & echo $$ $!; wait'], cwd=Path.cwd(), env=os.environ, output=1).wait()"
    )
    us = subprocess.Popen([PYTHON, "-c", code], stdout=subprocess.PIPE, text=True)
    assert us.stdout is not None
    pids = [int(each) for each in us.stdout.readline().split()]
    us.kill()
    us.wait()
    us.stdout.close()
    assert [_gone(pid) for pid in pids] == [True, True]


def test_child_of_a_parent_that_is_gone_is_never_started(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    done = subprocess.run([PYTHON, "-m", "flows.processes.supervise", "1", "touch", str(canary)], check=False)
    assert done.returncode != 0
    assert not canary.exists()


def test_arguments_reach_the_command_as_they_are(tmp_path: Path) -> None:
    hostile = f"; touch {tmp_path}/x $(touch {tmp_path}/x) `touch {tmp_path}/x` ' \" -n"
    assert _run([PYTHON, "-c", "import sys; print(sys.argv[1])", hostile]) == (0, [hostile])
    assert not (tmp_path / "x").exists()
