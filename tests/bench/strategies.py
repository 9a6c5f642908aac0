"""`python -m tests.bench.strategies FOLDER --label-column X [PRESET…]`: presets through all stages, on an official test.

FOLDER holds train.csv and test.csv. Each preset is trained with its own lines and otherwise the repository's settings,
and looks at the test once. With --shots N only N train rows a label are used, those that steer training included, drawn
anew for each of --draws. Prints a table of test accuracy.
"""

import argparse
import csv
import hashlib
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from tasks.finetune.presets import PRESETS
from tasks.paths import Paths
from tests.bench.staged import mean_and_error, repository_settings, run_stages, train_and_test

USUAL = ["feature_extraction", "partial", "lora", "full"]


def main() -> None:
    """Train and test the named presets and print what they reach."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.strategies", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("presets", nargs="*", default=USUAL, choices=[*PRESETS, []], metavar="PRESET")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--shots", type=int, default=0, help="train rows a label; 0: all")
    parser.add_argument("--draws", type=int, default=1, help="drawings of so many rows, each with its own seed")
    parser.add_argument("--set", type=yaml.safe_load, default={}, help="lines of finetune for all, e.g. '{epochs: 10}'")
    options = parser.parse_args()
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in options.presets}
    for draw in range(options.draws):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            data = _draw(options.folder, root / "drawn", options, draw) if options.shots else options.folder
            settings = repository_settings(data, options.label_column, options.text_column)
            if options.shots:
                settings["split"]["min_val_rows_per_label"] = 0
                settings["validate"] = {"label_errors": "off"}
            run_stages(Paths(root), settings, "ingest", "validate", "split", "augment")
            for name in options.presets:
                lines = {"seed": draw, **options.set, **PRESETS[name].settings}
                results[name].append(train_and_test(Paths(root), settings, lines))
                print(draw, name, results[name][-1], flush=True)
    _show(results)


def _draw(source: Path, target: Path, options: argparse.Namespace, draw: int) -> Path:
    """A folder with the same test, and a train file of so many rows a label, drawn by hash."""
    target.mkdir()
    shutil.copyfile(source / "test.csv", target / "test.csv")
    with (source / "train.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: hashlib.sha256(f"{draw} {row[options.text_column]}".encode()).digest())
    taken: Counter[str] = Counter()
    with (target / "train.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            taken[row[options.label_column]] += 1
            if taken[row[options.label_column]] <= options.shots:
                writer.writerow(row)
    return target


def _show(results: dict[str, list[dict[str, Any]]]) -> None:
    table = Table("preset", "test accuracy", "interval or standard error", "macro F1", "ECE", "training, CPU-s")
    for name, told in results.items():
        mean, error = mean_and_error([each["accuracy"]["value"] for each in told])
        first = told[0]["accuracy"]
        spread = f"{first['low']:.4f} – {first['high']:.4f}" if len(told) == 1 else f"± {error:.4f}"
        means = [mean_and_error([each[key]["value"] for each in told])[0] for key in ("macro_f1", "ece")]
        seconds = mean_and_error([each["cpu_seconds"] for each in told])[0]
        table.add_row(name, f"{mean:.4f}", spread, f"{means[0]:.4f}", f"{means[1]:.4f}", f"{seconds:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
