"""Child processes that never outlive us, however we end."""

import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

STOP_SECONDS = 10.0


class ChildKilledError(OSError):
    """A signal ended the child: often the kernel, out of memory."""


def start(command: list[str], *, cwd: Path, env: Mapping[str, str], output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start a command under flows.supervise, in a process group of its own, both its streams to `output`."""
    supervised = [sys.executable, "-m", "flows.supervise", str(os.getpid()), *command]
    return subprocess.Popen(
        supervised,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
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


def run(
    command: list[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    tell: Callable[[str], None],
    timeout_seconds: float,
) -> int:
    """The exit code of a command (128 + n if signal n ended it) whose output is told line by line.

    Raises TimeoutError, the command ended, when it takes longer.
    """
    deadline = time.monotonic() + timeout_seconds
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        try:
            child = start(command, cwd=cwd, env=env, output=writing)
        finally:
            os.close(writing)
        try:
            for line in _lines(stream, deadline):
                tell(line)
            return child.wait()
        except TimeoutError:
            raise TimeoutError(f"{' '.join(command[-3:])} took longer than {timeout_seconds:g} seconds.") from None
        finally:
            stop(child)


def _lines(stream: IO[bytes], deadline: float) -> Iterator[str]:
    """Lines as they come; a progress bar's carriage return ends a line too."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            block = os.read(stream.fileno(), 65536)
            *whole, rest = re.split(rb"[\r\n]+", rest + block)
            yield from (line.decode(errors="replace") for line in whole if line.strip())
            if not block:
                break
    if rest.strip():
        yield rest.decode(errors="replace")
