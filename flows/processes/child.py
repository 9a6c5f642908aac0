"""Child processes that never outlive us, however we end."""

import math
import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from tasks.offline import SWITCHES

STOP_SECONDS = 10.0


class ChildKilledError(OSError):
    """A signal ended the child: often the kernel, out of memory."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment for a child: this Python first on PATH (dvc.yaml says `python`), all switches set, and UTF-8
    whatever the locale says: so do we read what it prints."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    told = {"PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "FINETRACE_PROGRESS": "lines"}
    return {**SWITCHES, **os.environ, **told, **(extra or {})}


def start(
    command: list[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: IO[bytes] | int,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a command under flows.processes.supervise, in a process group of its own, both its streams to `output`."""
    supervised = [sys.executable, "-m", "flows.processes.supervise", str(os.getpid()), *command]
    return subprocess.Popen(
        supervised,
        cwd=cwd,
        env=dict(env),
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a child and all that it started; returns when they are gone."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            child.wait()


class Lines:
    """What a child says, line by line as it comes; a progress bar's carriage return ends a line too.

    Iterating raises TimeoutError when `deadline` (of time.monotonic) passes; it can be gone on with after a break.
    """

    def __init__(self, stream: IO[bytes], deadline: float = math.inf) -> None:
        self.deadline = deadline
        self._stream = stream
        self._each = self._read()

    def __iter__(self) -> Iterator[str]:
        return self._each

    def close(self) -> None:
        """Listen no more."""
        self._stream.close()

    def _read(self) -> Iterator[str]:
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream, selectors.EVENT_READ)
            while True:
                left = self.deadline - time.monotonic()
                if left <= 0 or not selector.select(None if left == math.inf else left):
                    raise TimeoutError
                block = os.read(self._stream.fileno(), 65536)
                *whole, rest = re.split(rb"[\r\n]+", rest + block)
                yield from (line.decode(errors="replace") for line in whole if line.strip())
                if not block:
                    break
        if rest.strip():
            yield rest.decode(errors="replace")
