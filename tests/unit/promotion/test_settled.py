"""The lock under which promotions are decided."""

import os
import subprocess
import sys

import pytest

from tasks.errors import BusyError
from tasks.paths import Paths
from tasks.promotion import settled
from tasks.promotion.settled import deciding
from tasks.tracking import store_lock

HOLD = """
import sys
from filelock import FileLock
lock = FileLock(sys.argv[1]); lock.acquire(); print("held", flush=True); sys.stdin.read()
"""


def test_a_living_holder_is_waited_for_and_a_dead_one_holds_nothing(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(settled, "WAIT_SECONDS", 0.1)
    paths = Paths(tmp_path)
    file = store_lock(paths, "promote").lock_file
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=r"another promotion has held .* Wait until it ends"), deciding(paths):
            pass
        holder.kill()  # its lock file stays, with its pid's work undone
        holder.wait()
    with deciding(paths):
        pass
