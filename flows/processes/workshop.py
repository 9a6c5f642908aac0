"""Where stages are made: a process beside ours that runs DVC and the stages, and lasts for several of them."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flows.processes import child
from tasks.paths import Paths

Tell = Callable[[str], None]


class Workshop:
    """A process in a workspace that does one request after the other; it starts with the first."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._token = secrets.token_hex(8)
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: child.Lines | None = None

    def dvc(self, *arguments: str, tell: Tell, seconds: float, environment: Mapping[str, str] | None = None) -> int:
        """The exit code of `dvc arguments…`, its output told line by line. Raises as `stage` does."""
        return self._ask({"dvc": arguments, "environment": environment or {}}, f"dvc {arguments[0]}", tell, seconds)

    def stage(self, name: str, *, tell: Tell, seconds: float, environment: Mapping[str, str] | None = None) -> int:
        """The exit code of a stage that DVC knows nothing of (-n if signal n ended it), its output told line by line.

        Raises TimeoutError, all processes ended, when it takes longer.
        """
        return self._ask({"stage": name, "environment": environment or {}}, name, tell, seconds)

    def close(self) -> None:
        """End the process, gently if it has nothing to do."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(child.STOP_SECONDS)
        self._end()

    def stop(self) -> None:
        """End the process and all that it does, from another thread than the one that waits for it."""
        if self._process is not None:
            child.stop(self._process)

    def _ask(self, request: Mapping[str, Any], name: str, tell: Tell, seconds: float) -> int:
        process, lines = self._opened()
        lines.deadline = time.monotonic() + seconds
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            for line in lines:
                if line.startswith(self._token):
                    return int(line.split()[1])
                tell(line)
            return process.wait()
        except TimeoutError:
            self._end()
            raise TimeoutError(f"{name} took longer than {seconds:g} seconds.") from None
        except BaseException:  # it is at work on what nobody waits for any more
            self._end()
            raise

    def _opened(self) -> tuple[subprocess.Popen[bytes], child.Lines]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None or self._lines is None:
            command = [sys.executable, "-m", "flows.processes.foreman", self._token]
            reading, writing = os.pipe()
            try:
                environment = child.environment()
                self._process = child.start(
                    command, cwd=self._root, env=environment, output=writing, stdin=subprocess.PIPE
                )
            finally:
                os.close(writing)
            self._lines = child.Lines(os.fdopen(reading, "rb", buffering=0))
        return self._process, self._lines

    def _end(self) -> None:
        if self._process is not None:
            child.stop(self._process)
            if self._process.stdin is not None:
                with suppress(BrokenPipeError):
                    self._process.stdin.close()
        if self._lines is not None:
            self._lines.close()
        self._process = self._lines = None


_open: dict[Path, Workshop] = {}


@contextmanager
def open_workshop(paths: Paths) -> Iterator[Workshop]:
    """The workspace's workshop, the same for blocks within blocks; it is closed at the end of the outermost."""
    root = paths.root.resolve()
    if root in _open:
        yield _open[root]
        return
    _open[root] = Workshop(root)
    try:
        yield _open[root]
    finally:
        _open.pop(root).close()
