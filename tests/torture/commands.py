"""A person's commands as real processes: what they said, how they ended, what they took."""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

TIMEOUT_SECONDS = 300.0
MARKER = "FINETRACE_TORTURE"
"""Environment variable that a case's processes carry, however deep."""
_CLEARED = ("PREFECT_", "MLFLOW_", "FINETRACE_", "DVC_", "GIT_", "COLUMNS")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    command: str
    code: int
    """128 + n if signal n ended it."""
    stdout: str
    stderr: str
    cpu_seconds: float
    peak_megabytes: float
    pid: int

    @property
    def last_words(self) -> str:
        """The end of what it said."""
        lines = [line.strip() for line in (self.stderr or self.stdout).splitlines() if line.strip()]
        return (lines[-1] if lines else "it says nothing")[:300]


class Running:
    """A command under way, in a process group of its own."""

    def __init__(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], umask: int = -1) -> None:
        self._command = " ".join(command[1:])[:200]
        self._output, self._errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed in finish
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._errors,
            start_new_session=True,
            umask=umask,
        )
        self.pid = self._process.pid

    def is_alive(self) -> bool:
        """Whether it has not ended; it is not reaped."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def wait_until(self, happens: Callable[[], object], seconds: float = TIMEOUT_SECONDS) -> bool:
        """Whether it happens while the command runs, within the time."""
        deadline = time.monotonic() + seconds
        while not happens():
            if not self.is_alive() or time.monotonic() > deadline:
                return bool(happens())
            time.sleep(0.002)
        return True

    def kill(self) -> None:
        """SIGKILL, to this process alone: what it started must see to itself."""
        os.kill(self.pid, signal.SIGKILL)

    def kill_group(self) -> None:
        """SIGKILL to all of its group."""
        os.killpg(self.pid, signal.SIGKILL)

    def finish(self, seconds: float = TIMEOUT_SECONDS) -> Done:
        """What came of it; ended with SIGKILL (code 137) if it takes longer."""
        deadline, peak = time.monotonic() + seconds, 0.0
        while self.is_alive() and time.monotonic() < deadline:
            peak = max(peak, _peak_megabytes(self.pid))
            time.sleep(0.025)
        if self.is_alive():
            self.kill_group()
        _, status, usage = os.wait4(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code
        return Done(
            command=self._command,
            code=code if code >= 0 else 128 - code,
            stdout=_read(self._output),
            stderr=_read(self._errors),
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_megabytes=peak,
            pid=self.pid,
        )


def clean_environment() -> dict[str, str]:
    """Our environment without what steers the tools of the product."""
    return {key: value for key, value in os.environ.items() if not key.startswith(_CLEARED)}


def _peak_megabytes(pid: int) -> float:
    """The most memory the process had so far. Not ru_maxrss: that begins with what *we* had when we started it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    with stream:
        return stream.read().decode("utf-8", "backslashreplace")
