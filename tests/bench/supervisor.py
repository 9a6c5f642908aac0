"""Run a command, wait for all its descendants, and print as the last line: exit code, CPU seconds, peak megabytes."""

import contextlib
import ctypes
import os
import resource
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36  # prctl(2): orphaned descendants become our children, so that their CPU is counted


def main(command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    exit_code = subprocess.run(command, check=False).returncode
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
    print(f"\n{exit_code} {usage.ru_utime + usage.ru_stime:.3f} {megabytes:.1f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
