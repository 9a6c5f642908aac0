"""Whole stages in a temporary workspace, once for each variant of the settings and each seed; paired differences."""

import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from rich.console import Console
from rich.table import Table

from tasks.files import read_json
from tasks.paths import Paths
from tasks.table import AUGMENTED, read_table, write_table

REPOSITORY = Path(__file__).parents[2]
Settings = dict[str, Any]


def repository_settings(folder: Path | None, label_column: str, text_column: str = "text") -> Settings:
    """The settings of the repository, on its own data or on a folder with train.* and test.*."""
    settings: Settings = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    if folder is None:
        settings["ingest"]["path"] = str(REPOSITORY / settings["ingest"]["path"])
    else:
        columns = {"text_column": text_column, "label_column": label_column}
        settings["ingest"] = {"path": str(folder.resolve()), **columns}
    return settings


def run_stages(paths: Paths, settings: Settings, *stages: str) -> None:
    """`python -m tasks <stage>` for each."""
    paths.params.write_text(yaml.safe_dump(settings))
    for stage in stages:
        subprocess.run([sys.executable, "-m", "tasks", stage], cwd=paths.root, check=True, stdout=subprocess.DEVNULL)


def keep_rows(paths: Paths, count: int | None) -> None:
    """Leave so many train rows of the augmented table, drawn with a fixed seed, in their order; all if it is None."""
    table = read_table(paths.augmented, AUGMENTED)
    order = torch.randperm(len(table), generator=torch.Generator().manual_seed(0))[:count]
    write_table(paths.augmented, table.take(order.sort().values.tolist()), AUGMENTED)


def train_and_test(paths: Paths, settings: Settings, finetune: Mapping[str, Any]) -> Settings:
    """Finetune and evaluate with these lines of the section finetune in place of the settings' own: what came of it.

    Keys: accuracy (with value, low and high), macro_f1, ece, baselines, val, cpu_seconds.
    """
    run_stages(paths, settings | {"finetune": {**settings["finetune"], **finetune}}, "finetune", "evaluate")
    return {
        **read_json(paths.evaluation / "results.json")["metrics"],
        "baselines": read_json(paths.report("evaluate"))["baselines"],
        "val": read_json(paths.report("finetune"))["best_val_score"],
        "cpu_seconds": read_json(paths.timing("finetune"))["cpu_seconds"],
    }


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and its standard error; the latter is 0 for a single value."""
    mean = sum(values) / len(values)
    spread = sum((each - mean) ** 2 for each in values) / max(1, len(values) - 1)
    return mean, math.sqrt(spread / len(values))


def show_paired(title: str, scores: Mapping[str, Sequence[float]], against: str) -> None:
    """A table of each variant's mean score, and its mean difference to `against` over the same seeds."""
    table = Table(title, "test accuracy", f"difference to {against}", "standard error")
    for name, each in scores.items():
        gain, error = mean_and_error([one - other for one, other in zip(each, scores[against], strict=True)])
        table.add_row(name, f"{mean_and_error(each)[0]:.4f}", f"{gain:+.4f}", f"{error:.4f}")
    Console().print(table)
