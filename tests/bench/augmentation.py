"""`python -m tests.bench.augmentation [FOLDER]`: does augmenting help? Each method against none, same seeds, paired.

Without FOLDER the embedded data are used. Prints for each method the mean difference in test accuracy over the seeds
with its standard error.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tasks.paths import Paths
from tests.bench.staged import repository_settings, run_stages, show_paired, train_and_test

METHODS = ("word_deletion", "word_swap", "keyboard_typos", "nearest_words")
OFF: dict[str, Any] = {"methods": [], "copies": 0}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.augmentation", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--strategy", default='{"kind": "partial", "layers": 2}')
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    settings = repository_settings(options.folder, options.label_column)
    settings["finetune"]["strategy"] = yaml.safe_load(options.strategy)
    settings["validate"]["label_errors"] = "off"
    kinds = {"none": OFF} | {name: {"methods": [{"kind": name}], "copies": 1} for name in METHODS}
    kinds["all four"] = {"methods": [{"kind": name} for name in METHODS], "copies": 1}
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        run_stages(paths, settings, "ingest", "validate", "split")
        scores = {
            name: [_score(paths, settings, kind, seed) for seed in range(options.seeds)] for name, kind in kinds.items()
        }
    show_paired("augmentation", scores, "none")


def _score(paths: Paths, settings: dict[str, Any], augment: dict[str, Any], seed: int) -> float:
    changed = settings | {"augment": augment | {"seed": seed}}
    run_stages(paths, changed, "augment")
    accuracy = float(train_and_test(paths, changed, {"seed": seed})["accuracy"]["value"])
    print(augment["methods"], seed, round(accuracy, 4), flush=True)
    return accuracy


if __name__ == "__main__":
    main()
