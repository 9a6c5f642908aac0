"""What a command and everything it started cost."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.rounds import child_environment


@dataclass(frozen=True)
class Cost:
    """CPU of the command and all its descendants, and the peak of the largest of them."""

    cpu_seconds: float
    peak_megabytes: float
    exit_code: int
    output: str


def measure(
    command: Sequence[str], folder: Path, *, threads: int, extra: dict[str, str] | None = None, check: bool = True
) -> Cost:
    """Run a command in `folder` under a supervisor that adopts whatever it leaves behind, so that nothing is missed.

    Raises RuntimeError with its output if it fails and `check` is true.
    """
    here = str(Path(__file__).with_name("supervisor.py"))
    finished = subprocess.run(
        [sys.executable, here, *command],
        cwd=folder,
        env=child_environment(threads) | (extra or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    *lines, last = finished.stdout.splitlines()
    exit_code, cpu, peak = last.split()
    output = "\n".join([*lines, finished.stderr])
    if check and exit_code != "0":
        raise RuntimeError(f"{' '.join(command)} ended with {exit_code}:\n{output[-4000:]}")
    return Cost(float(cpu), float(peak), int(exit_code), output)
