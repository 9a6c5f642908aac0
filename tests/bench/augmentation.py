"""`python -m tests.bench.augmentation [FOLDER]`: does augmenting help? Each method against none, same seeds, paired.

Without FOLDER the embedded data are used. Stages run as `python -m tasks <stage>` in a temporary workspace. Prints
for each method the mean difference in test accuracy over the seeds with its standard error.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from tasks.files import read_json
from tasks.paths import Paths

REPOSITORY = Path(__file__).parents[2]
METHODS = ("word_deletion", "word_swap", "keyboard_typos", "nearest_words")
OFF: dict[str, Any] = {"methods": [], "copies": 0}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.augmentation", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--strategy", default='{"kind": "partial", "layers": 2}')
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    settings = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    settings["finetune"]["strategy"] = yaml.safe_load(options.strategy)
    if options.folder:
        settings["ingest"] = {"path": str(options.folder.resolve()), "label_column": options.label_column}
    else:
        settings["ingest"]["path"] = str(REPOSITORY / settings["ingest"]["path"])
    settings["validate"]["label_errors"] = "off"
    kinds = {"none": OFF} | {name: {"methods": [{"kind": name}], "copies": 1} for name in METHODS}
    kinds["all four"] = {"methods": [{"kind": name} for name in METHODS], "copies": 1}
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        _stages(paths, settings, "ingest", "validate", "split")
        scores = {
            name: [_score(paths, settings, kind, seed) for seed in range(options.seeds)] for name, kind in kinds.items()
        }
    _show(scores)
    return 0


def _score(paths: Paths, settings: dict[str, Any], augment: dict[str, Any], seed: int) -> float:
    changed = {"augment": augment | {"seed": seed}, "finetune": settings["finetune"] | {"seed": seed}}
    _stages(paths, settings | changed, "augment", "finetune", "evaluate")
    accuracy = float(read_json(paths.evaluation / "results.json")["metrics"]["accuracy"]["value"])
    print(augment["methods"], seed, round(accuracy, 4), flush=True)
    return accuracy


def _stages(paths: Paths, settings: dict[str, Any], *stages: str) -> None:
    paths.params.write_text(yaml.safe_dump(settings))
    for stage in stages:
        subprocess.run([sys.executable, "-m", "tasks", stage], cwd=paths.root, check=True, stdout=subprocess.DEVNULL)


def _show(scores: dict[str, list[float]]) -> None:
    table = Table("augmentation", "test accuracy", "difference to none", "standard error")
    for name, each in scores.items():
        gains = [one - other for one, other in zip(each, scores["none"], strict=True)]
        mean = sum(gains) / len(gains)
        error = math.sqrt(sum((gain - mean) ** 2 for gain in gains) / max(1, len(gains) - 1) / len(gains))
        table.add_row(name, f"{sum(each) / len(each):.4f}", f"{mean:+.4f}", f"{error:.4f}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
