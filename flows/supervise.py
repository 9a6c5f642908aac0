"""`python -m flows.supervise PARENT COMMAND…`: runs a command, and ends all of it when the parent is gone.

Started by flows.child as the leader of a process group of its own. It asks the kernel to be told when its parent dies, so
that even a parent killed with SIGKILL leaves nothing behind. Standard library only: it starts in milliseconds.
"""

import ctypes
import os
import signal
import subprocess
import sys
from types import FrameType

GRACE_SECONDS = 5.0
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> int:
    """Run the command to its end; its exit code, 128 + n if signal n ended it."""
    parent, command = int(arguments[0]), arguments[1:]
    signal.signal(signal.SIGTERM, _raise_stop)
    signal.signal(signal.SIGINT, _raise_stop)
    _ask_for_parents_death()
    if os.getppid() != parent:  # it died before we asked
        return 128 + signal.SIGTERM
    child = subprocess.Popen(command)
    try:
        code = child.wait()
    except _Stopped:
        _end_group(child)
        return 128 + signal.SIGTERM
    _end_group(None)
    return code if code >= 0 else 128 - code


class _Stopped(BaseException):
    pass


def _raise_stop(number: int, frame: FrameType | None) -> None:
    raise _Stopped


def _ask_for_parents_death() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_group(child: subprocess.Popen[bytes] | None) -> None:
    """Ask every process of our group to end; those that `child` does not bring down in time are killed with us."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    if child is None:
        return
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
