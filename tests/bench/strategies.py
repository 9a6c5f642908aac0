"""`python -m tests.bench.strategies FOLDER [PRESET…]`: presets through all stages, on an official test.

FOLDER holds train.csv and test.csv. Each preset is trained with its own lines and otherwise the repository's settings,
and looks at the test once. With --shots N only N train rows a label are learned from, and 2 of val steer, drawn anew
for each of --draws. Prints a table of test accuracy.
"""

import argparse
import hashlib
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from tasks.finetune.presets import PRESETS
from tasks.paths import Paths
from tasks.table import SPLIT, read_table, write_rows
from tests.bench.staged import mean_and_error, repository_settings, run_stages, train_and_test

STEERING_ROWS = 2
USUAL = ["feature_extraction", "partial", "lora", "full"]


def main() -> None:
    """Train and test the named presets and print what they reach."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.strategies", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("presets", nargs="*", choices=[[], *PRESETS], metavar="PRESET", help=f"default: {USUAL}")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--shots", type=int, default=0, help="train rows a label; 0: all")
    parser.add_argument("--draws", type=int, default=1, help="drawings of so many rows, each with its own seed")
    parser.add_argument("--set", type=yaml.safe_load, default={}, help="lines of finetune for all, e.g. '{epochs: 10}'")
    parser.add_argument("--augment", type=yaml.safe_load, default={}, help="lines of augment, '{label_names: true}'")
    options = parser.parse_args()
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in options.presets or USUAL}
    for draw in range(options.draws):
        with tempfile.TemporaryDirectory() as folder:
            paths = Paths(Path(folder))
            settings = repository_settings(options.folder, options.label_column, options.text_column)
            settings["validate"]["label_errors"] = "off"
            settings["augment"] = settings["augment"] | options.augment
            run_stages(paths, settings, "ingest", "validate", "split")
            if options.shots:
                _keep_few(paths, options.shots, draw)
            run_stages(paths, settings, "augment")
            for name in results:
                lines = {"seed": draw, **options.set, **PRESETS[name].settings}
                results[name].append(train_and_test(paths, settings, lines))
                print(draw, name, results[name][-1], flush=True)
    _show(results)


def _keep_few(paths: Paths, shots: int, draw: int) -> None:
    """Of the train side keep so many rows a label, drawn by hash, and of val STEERING_ROWS."""
    for path, count in ((paths.train, shots), (paths.val, STEERING_ROWS)):
        rows = read_table(path, SPLIT).to_pylist()
        rows.sort(key=lambda row: hashlib.sha256(f"{draw} {row['text']}".encode()).digest())
        taken: Counter[str] = Counter()
        for row in rows:
            taken[row["label"]] += 1
            row["rank"] = taken[row["label"]]
        write_rows(path, [{k: v for k, v in row.items() if k != "rank"} for row in rows if row["rank"] <= count], SPLIT)


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
