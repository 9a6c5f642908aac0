"""Two or more sides, each in its process, taking turns on the same machine."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Contender:
    """One side: the name of a function in tests.bench.sides and what it is given."""

    name: str
    side: str
    options: dict[str, Any]


@dataclass
class Record:
    """What a side did."""

    samples: list[int] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Samples per CPU-second, the median of the rounds."""
        return statistics.median(n / max(s, 1e-9) for n, s in zip(self.samples, self.cpu_seconds, strict=True))


def take_turns(contenders: Sequence[Contender], rounds: int, threads: int) -> dict[str, Record]:
    """Each side's record after `rounds` turns; in every round all sides run, one after the other, none beside another.

    Raises RuntimeError with the end of its stderr if a side dies.
    """
    records = {each.name: Record() for each in contenders}
    running: dict[str, subprocess.Popen[str]] = {}
    try:
        for each in contenders:  # setting up is no part of any round, and is done one after the other too
            running[each.name] = _start(each, rounds, threads)
            _expect(running[each.name], "ready")
        for number in range(rounds):
            for name, process in running.items():
                _say(process, "go")
                told = _expect(process, "samples")
                records[name].samples.append(told["samples"])
                records[name].cpu_seconds.append(told["cpu_seconds"])
                key = "ready" if number + 1 < rounds else "facts"
                records[name].facts = _expect(process, key).get("facts", {})
    finally:
        for process in running.values():
            process.kill()
            process.communicate()
    return records


def ratios(fast: Record, slow: Record) -> list[float]:
    """How many times faster, round by round."""
    pairs = zip(fast.samples, fast.cpu_seconds, slow.samples, slow.cpu_seconds, strict=True)
    return [(n / s) / (m / t) for n, s, m, t in pairs]


def child_environment(threads: int) -> dict[str, str]:
    """Same number of threads for every library, which sleep rather than spin while they wait."""
    limits = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    quiet = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0", "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    return os.environ | dict.fromkeys(limits, str(threads)) | quiet


def _start(contender: Contender, rounds: int, threads: int) -> subprocess.Popen[str]:
    options = json.dumps(contender.options | {"rounds": rounds, "threads": threads})
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sides", contender.side, options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        env=child_environment(threads),
        cwd=Path.cwd(),
    )


def _say(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


def _expect(process: subprocess.Popen[str], key: str) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the side {process.args!r} ended with {process.wait()} before it was done")
    told: dict[str, Any] = json.loads(line)
    assert key in told, f"expected {key!r}, heard {line!r}"
    return told
