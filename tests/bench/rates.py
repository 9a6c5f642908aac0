"""`python -m tests.bench.rates [FOLDER]`: is a strategy's own learning rate a good one? Beside multiples of it.

FOLDER holds train.*; without one the embedded data are used. Every training is judged on the val side alone: the test
side stays unseen. Prints, for each preset, the mean val macro F1 at each multiple of its strategy's default rate, and
the difference of the best to the default over the same seeds with its standard error.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tasks.config import parse_config
from tasks.finetune.presets import PRESETS
from tasks.paths import Paths
from tests.bench.in_process import train
from tests.bench.staged import Settings, keep_rows, mean_and_error, repository_settings, run_stages

ONLY = [
    name for name, preset in PRESETS.items() if set(preset.settings) == {"strategy"} and name != "feature_extraction"
]
"""Presets that are a strategy and nothing else; the head alone has no such rate."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rates", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--only", choices=ONLY, nargs="*", default=ONLY, metavar="PRESET")
    parser.add_argument("--factors", type=float, nargs="*", default=[0.25, 0.5, 1.0, 2.0, 4.0])
    parser.add_argument("--rows", type=int, help="learn from so many train rows, drawn with a fixed seed")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    factors = sorted({1.0, *options.factors})
    settings = repository_settings(options.folder, options.label_column)
    settings["validate"]["label_errors"] = "off"
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        run_stages(paths, settings, "ingest", "validate", "split", "augment")
        keep_rows(paths, options.rows)
        for preset in options.only:
            lines = {**PRESETS[preset].settings, "epochs": options.epochs}
            default = parse_config(settings | {"finetune": lines}, "params.yaml").finetune.strategy.learning_rate
            scores = {factor: _scores(paths, settings, lines, factor * default, options.seeds) for factor in factors}
            _show(preset, default, scores)


def _scores(paths: Paths, settings: Settings, lines: Settings, rate: float, seeds: int) -> list[float]:
    """The best val macro F1 of each seed."""
    found = []
    for seed in range(seeds):
        config = parse_config(settings | {"finetune": {**lines, "learning_rate": rate, "seed": seed}}, "params.yaml")
        found.append(train(paths, config.finetune, config.base).val_macro_f1)
    return found


def _show(preset: str, default: float, scores: Mapping[float, Sequence[float]]) -> None:
    table = Table(f"{preset}, default {default:g}", *(f"× {factor:g}" for factor in scores), "best − default")
    means = {factor: mean_and_error(each)[0] for factor, each in scores.items()}
    best = max(means, key=lambda factor: means[factor])
    gain, error = mean_and_error([one - own for one, own in zip(scores[best], scores[1.0], strict=True)])
    sure = f" ± {error:.4f}" if len(scores[1.0]) > 1 else ", one seed"
    table.add_row("val macro F1", *(f"{each:.4f}" for each in means.values()), f"{gain:+.4f}{sure}")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
