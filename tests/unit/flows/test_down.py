"""One `finetrace up` in a workspace, found by pid and start time, ended by `finetrace down`."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from flows.serving.served import noted, read_noted
from flows.serving.starting import only_one, read_starting
from tasks.errors import BusyError
from tasks.paths import Paths
from tasks.process_name import process_name


def test_up_is_found_while_it_lives_and_not_afterwards(paths: Paths) -> None:
    with only_one(paths), noted(paths, {"prefect": "http://127.0.0.1:1", "pages": {}}):
        found, starting = read_noted(paths), read_starting(paths)
        assert found is not None and starting is not None
        assert found["process"] == starting["process"] == process_name()
    assert read_noted(paths) is None
    assert read_starting(paths) is None


def test_second_up_is_refused(paths: Paths) -> None:
    with only_one(paths), pytest.raises(BusyError, match="finetrace down"), only_one(paths):
        pass


def test_down_says_so_when_nothing_runs_and_a_pid_used_again_is_nobody(
    paths: Paths, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    paths.state.mkdir()
    stranger = {"pid": 1, "process": "1@999999999999", "prefect": "", "pages": {}}
    (paths.state / "servers.json").write_text(json.dumps(stranger))
    (paths.state / "up.pid").write_text(json.dumps(stranger))
    assert finetrace("down") == 0
    assert "nothing to end" in capsys.readouterr().out


def test_down_ends_the_process_and_waits(
    paths: Paths, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    paths.state.mkdir()
    process = subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1)
    assert process.stdout is not None
    process.stdout.readline()
    me = {"pid": process.pid, "process": process_name(process.pid)}
    (paths.state / "up.pid").write_text(json.dumps(me))
    assert process.poll() is None
    assert finetrace("down") == 0
    assert process.wait() == -signal.SIGTERM
    assert f"process {process.pid}" in capsys.readouterr().out
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
