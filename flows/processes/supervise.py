"""`python -m flows.processes.supervise PARENT COMMAND…`: runs a command, and ends all of it when the parent is gone.

Started by flows.processes.child. It asks the kernel to be told when its parent dies, so that even a parent killed with
SIGKILL leaves nothing behind, and to inherit orphaned grandchildren, so that none slips away. It imports little: it
starts in milliseconds.
"""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from types import FrameType

GRACE_SECONDS = 5.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def main(arguments: list[str]) -> int:
    """Run the command to its end; its exit code, 128 + n if signal n ended it."""
    parent, command = int(arguments[0]), arguments[1:]
    try:
        signal.signal(signal.SIGTERM, _raise_stop)
        signal.signal(signal.SIGINT, _raise_stop)
        _ask_the_kernel()
        if os.getppid() != parent:  # it died before we asked
            return 128 + signal.SIGTERM
        code = subprocess.Popen(command).wait()
    except _Stopped:  # perhaps while the command was being started: whatever there is of it is ended below
        code = -signal.SIGTERM
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_family()
    return code if code >= 0 else 128 - code


class _Stopped(BaseException):
    pass


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _ask_the_kernel() -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def _end_family() -> None:
    """Ask all our descendants to end, then make them."""
    import psutil  # late: usually there is nobody left, but it takes longer than all else here

    me = psutil.Process()
    family = me.children(recursive=True)
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.terminate()
    psutil.wait_procs(family, timeout=GRACE_SECONDS)
    for each in me.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            each.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
