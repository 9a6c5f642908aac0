"""`python -m tests.bench.ulmfit [FOLDER]`: ULMFiT's tricks, one by one and together, on a transformer.

The rows of Howard & Ruder 2018, arXiv 1801.06146, table 7: last layer, full, discriminative rates (discr), gradual
unfreezing (freez), slanted triangular rates (stlr). The others have constant rates, as there. Layers join by twos,
from the head alone to all of a base of six in the fifth epoch. The same seeds for each; differences are paired
against full.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from tasks.config import parse_config
from tasks.paths import Paths
from tests.bench.in_process import train
from tests.bench.staged import repository_settings, run_stages, show_paired

FULL: dict[str, Any] = {"strategy": {"kind": "full"}, "schedule": {"kind": "constant", "warmup_fraction": 0.0}}
DISCR: dict[str, Any] = {"layer_decay": 0.38}  # the paper divides by 2.6 from layer to layer
FREEZ: dict[str, Any] = {"thaw": {"kind": "by_epoch", "layers": 2}}
STLR: dict[str, Any] = {"schedule": {"kind": "slanted_triangle"}}
ROWS: dict[str, dict[str, Any]] = {
    "last": {**FULL, "thaw": {"kind": "by_epoch", "epochs": 1000}},
    "full": FULL,
    "full + discr": {**FULL, **DISCR},
    "freez": {**FULL, **FREEZ},
    "freez + discr": {**FULL, **FREEZ, **DISCR},
    "freez + stlr": {**FULL, **FREEZ, **STLR},
    "freez + discr + stlr": {**FULL, **FREEZ, **DISCR, **STLR},
    "full, linear decay": {"strategy": {"kind": "full"}},
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ulmfit", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    settings = repository_settings(options.folder, options.label_column)
    settings["validate"]["label_errors"] = "off"
    scores: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        run_stages(paths, settings, "ingest", "validate", "split", "augment")
        for name, lines in ROWS.items():
            for seed in range(options.seeds):
                wanted = settings | {"finetune": {**lines, "epochs": options.epochs, "seed": seed}}
                config = parse_config(wanted, "params.yaml")
                scores.setdefault(name, []).append(train(paths, config.finetune, config.base).accuracy())
                print(name, seed, round(scores[name][-1], 4), flush=True)
    show_paired("row", scores, "full")


if __name__ == "__main__":
    main()
