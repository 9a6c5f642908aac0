"""The processes that `finetrace up` starts, each with its log, and whether they do their work"""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path

from flows.processes import child
from tasks.errors import SetupError
from tasks.paths import Paths

START_SECONDS = 180.0
Child = subprocess.Popen[bytes]


class Children:
    """Ended with the block of `stack`, the last started first."""

    def __init__(self, paths: Paths, stack: ExitStack) -> None:
        self._paths, self._stack = paths, stack
        self._all: dict[str, Child] = {}

    def start(self, name: str, command: list[str], extra: Mapping[str, str] | None = None) -> Child:
        """Start one under supervision; what it says goes to .finetrace/<name>.log."""
        with os.fdopen(os.open(self.log(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
            process = child.start(command, cwd=self._paths.root, env=child.environment(extra), output=output)
        return self.adopt(name, process)

    def adopt(self, name: str, process: Child) -> Child:
        """Watch and end one that was started elsewhere."""
        self._all[name] = process
        self._stack.callback(child.stop, process)
        return process

    def log(self, name: str) -> Path:
        """Where it says what it does."""
        return self._paths.state / f"{name}.log"

    def pids(self) -> dict[str, int]:
        """The process of each."""
        return {name: process.pid for name, process in self._all.items()}

    def wait_for(self, name: str, is_well: Callable[[], bool]) -> None:
        """Return when it does its work. Raises SetupError if it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._all[name].poll() is None:
            if is_well():
                return
            time.sleep(0.2)
        raise SetupError(f"{name} does not start; {self.log(name)} says why. Try `finetrace doctor`.")

    def watch(self) -> None:
        """Wait until told to stop. Raises SetupError if one of them ends by itself."""
        try:
            while True:
                for name, process in self._all.items():
                    if process.poll() is not None:
                        raise SetupError(f"{name} ended by itself; see {self.log(name)}. Start again: finetrace up")
                time.sleep(0.5)
        except KeyboardInterrupt:
            return


def answers(url: str, headers: Mapping[str, str] | None = None) -> bool:
    """Whether a GET is answered well."""
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        return error.code == 401  # it is there, and wants a name
    except (OSError, HTTPException):
        return False
