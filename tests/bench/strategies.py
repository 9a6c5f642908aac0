"""`python -m tests.bench.strategies FOLDER --label-column X`: every strategy through all stages, defaults otherwise.

FOLDER holds train.* and test.* (an official test, looked at once by each). Stages run as `python -m tasks <stage>` in a
temporary workspace; ingest, validate, split and augment once. Prints a table of test accuracy with its interval.
"""

import argparse
import json
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
STRATEGIES: dict[str, dict[str, Any]] = {
    "feature_extraction": {"kind": "feature_extraction"},
    "partial": {"kind": "partial", "layers": 2},
    "lora": {"kind": "lora"},
    "full": {"kind": "full"},
}


def main() -> int:
    """Run the named strategies and print what they reach."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.strategies", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--only", choices=STRATEGIES, nargs="*", default=list(STRATEGIES))
    options = parser.parse_args()
    settings = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    settings["ingest"] = {
        "path": str(options.folder.resolve()),
        "text_column": options.text_column,
        "label_column": options.label_column,
    }
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        _stages(paths, settings, "ingest", "validate", "split", "augment")
        print(json.dumps(read_json(paths.report("split"))["rows"]), flush=True)
        results = {name: _measure(paths, settings, STRATEGIES[name]) for name in options.only}
    _show(results)
    return 0


def _measure(paths: Paths, settings: dict[str, Any], strategy: dict[str, Any]) -> dict[str, Any]:
    _stages(paths, settings | {"finetune": settings["finetune"] | {"strategy": strategy}}, "finetune", "evaluate")
    numbers = {
        "test": read_json(paths.evaluation / "results.json")["metrics"],
        "val": read_json(paths.report("finetune"))["best_val_macro_f1"],
        "cpu_seconds": read_json(paths.timing("finetune"))["cpu_seconds"],
        "baselines": read_json(paths.report("evaluate"))["baselines"],
    }
    print(strategy["kind"], json.dumps(numbers), flush=True)
    return numbers


def _stages(paths: Paths, settings: dict[str, Any], *stages: str) -> None:
    paths.params.write_text(yaml.safe_dump(settings))
    for stage in stages:
        subprocess.run([sys.executable, "-m", "tasks", stage], cwd=paths.root, check=True, stdout=subprocess.DEVNULL)


def _show(results: dict[str, dict[str, Any]]) -> None:
    table = Table("strategy", "test accuracy", "interval", "macro F1", "ECE", "training, CPU-s")
    for name, numbers in results.items():
        metrics = numbers["test"]
        accuracy = metrics["accuracy"]
        table.add_row(
            name,
            f"{accuracy['value']:.4f}",
            f"{accuracy['low']:.4f} – {accuracy['high']:.4f}",
            f"{metrics['macro_f1']['value']:.4f}",
            f"{metrics['ece']['value']:.4f}",
            f"{numbers['cpu_seconds']:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
