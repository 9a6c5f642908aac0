"""A million rows through ingest, validate and split."""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from tests.bench.figure import Figure
from tests.bench.measured import Cost, measure
from tests.bench.options import Options
from tests.bench.sentences import write_big_file

STAGES = ("ingest", "validate", "split")
PEAK_MEGABYTES = 1200.0


def million(options: Options) -> list[Figure]:
    """Rows per CPU-second and the peak of each stage, each a process; looking for label errors is counted apart."""
    rows = options.million
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        root = Path(folder)
        write_big_file(root / "quarter.csv", rows // 4)
        write_big_file(root / "big.csv", rows)
        _settings(root, "quarter.csv", "off")
        quarter = _stage(root, "ingest", options)
        _settings(root, "big.csv", "off")
        costs = {stage: _stage(root, stage, options) for stage in STAGES}
        size = (root / "big.csv").stat().st_size / 1e6
        _settings(root, "big.csv", "report")
        looked = _stage(root, "validate", options)
    return _figures(rows, size, costs, quarter, looked)


def _figures(rows: int, size: float, costs: dict[str, Cost], quarter: Cost, looked: Cost) -> list[Figure]:
    whole = sum(cost.cpu_seconds for cost in costs.values())
    figures = [
        Figure("million", f"{stage}: rows", "rows/CPU-s", rows / cost.cpu_seconds, details=asdict(cost))
        for stage, cost in costs.items()
    ]
    note = f"{rows:,} rows, {size:.0f} MB; start of each process included"
    figures.append(Figure("million", "all: rows", "rows/CPU-s", rows / whole, at_least=20_000, note=note))
    figures += [
        Figure("million", f"{stage}: peak", "MB", cost.peak_megabytes, at_most=PEAK_MEGABYTES)
        for stage, cost in costs.items()
    ]
    return [
        *figures,
        Figure(
            "million",
            f"ingest: peak of {rows:,} / {rows // 4:,} rows",
            "MB",
            costs["ingest"].peak_megabytes,
            quarter.peak_megabytes,
            at_most=1.1,
        ),
        Figure(
            "million",
            "validate: looking for label errors",
            "CPU-s",
            looked.cpu_seconds - costs["validate"].cpu_seconds,
            note="on a bounded sample, so it does not grow with the rows; in no figure above",
        ),
        Figure("million", "validate with label errors: peak", "MB", looked.peak_megabytes, at_most=PEAK_MEGABYTES),
    ]


def _settings(root: Path, file: str, label_errors: str) -> None:
    values: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    values = {
        "base": values["base"] | {"threads": 1},
        "ingest": {"path": file, "text_column": "text", "label_column": "label"},
        "validate": {"label_errors": label_errors},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def _stage(root: Path, stage: str, options: Options) -> Cost:
    return measure([sys.executable, "-m", "tasks", stage], root, threads=options.threads)
