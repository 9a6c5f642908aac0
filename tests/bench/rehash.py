"""How fast the audit hashes again, and in how much memory: `python -m tests.bench rehash`, or this file by itself"""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from tests.bench.figure import Figure, print_figures
from tests.bench.measured import Cost, measure
from tests.bench.options import Options

MEGABYTES = 512
AT_LEAST = 300.0
PEAK_MEGABYTES = 100.0
_PREPARE = "import sys; from pathlib import Path; from tasks.digest import {}\n"
WAYS = {
    "registered model (sha256)": _PREPARE.format("sha256_of_file") + "sha256_of_file(Path(sys.argv[1]))",
    "DVC object (md5)": _PREPARE.format("md5_of_file") + "md5_of_file(Path(sys.argv[1]))",
    "both, read once (statement)": _PREPARE.format("digests_of_file") + "digests_of_file(Path(sys.argv[1]))",
}


def rehash(options: Options | None = None) -> list[Figure]:
    """Megabytes per CPU-second and the peak, of each way that the audit and the statement hash files."""
    threads = options.threads if options else 1
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        big, empty = Path(folder) / "big", Path(folder) / "empty"
        with big.open("wb") as file:
            for number in range(MEGABYTES):
                file.write(number.to_bytes(8, "big") * (1 << 17))
        empty.touch()
        costs = {name: (_run(code, big, threads), _run(code, empty, threads)) for name, code in WAYS.items()}
    return [figure for name, (whole, start) in costs.items() for figure in _figures(name, whole, start)]


def _run(code: str, file: Path, threads: int) -> Cost:
    return measure([sys.executable, "-c", code, str(file)], Path.cwd(), threads=threads)


def _figures(name: str, whole: Cost, start: Cost) -> list[Figure]:
    """The start of Python is taken off: it is the same for a byte and for a terabyte."""
    rate = MEGABYTES / max(whole.cpu_seconds - start.cpu_seconds, 1e-3)
    note = f"{MEGABYTES} MiB"
    return [
        Figure("rehash", f"{name}: rate", "MiB/CPU-s", rate, at_least=AT_LEAST, note=note, details=asdict(whole)),
        Figure("rehash", f"{name}: peak", "MB", whole.peak_megabytes, at_most=PEAK_MEGABYTES),
    ]


if __name__ == "__main__":
    print_figures(rehash(), Console())
