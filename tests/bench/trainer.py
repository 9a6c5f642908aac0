"""full and lora against Hugging Face Trainer, and how much of the machine each of them uses."""

import functools
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure
from tests.bench.options import Options
from tests.bench.rounds import Contender, Record, ratios, take_turns
from tests.bench.workspace import make_workspace

STRATEGIES: dict[str, dict[str, Any]] = {
    "full": {"kind": "full"},
    "lora": {"kind": "lora", "rank": 8, "alpha": 16.0, "targets": "all"},
}
PASSES = {"full": 6, "lora": 4}
"""Useful operations a layer parameter and token: forward 2, gradient of the input 2, gradient of the weights 2."""


def trainer(options: Options) -> list[Figure]:
    """Samples per CPU-second, and the accuracy on test after the same epochs."""
    figures = []
    for strategy in STRATEGIES:
        records = race(options, strategy)
        ours, theirs = records["ours"], records["theirs"]
        by_round = ratios(ours, theirs)
        note = (
            f"{len(options.data.train)} rows of {options.data.name}, {options.rounds} epochs, a round each, "
            f"ratio by round {min(by_round):.2f} to {max(by_round):.2f}"
        )
        figures += [
            Figure(
                "trainer", strategy, "samples/CPU-s", ours.rate, theirs.rate, 5.0, note=note, details=vars_of(records)
            ),
            Figure(
                "trainer",
                f"{strategy}: accuracy on test",
                "share",
                ours.facts["accuracy"],
                theirs.facts["accuracy"],
                at_least=1.0,
            ),
        ]
    return figures


def ceiling(options: Options) -> list[Figure]:
    """The share of the machine's matrix-multiply speed that useful work reaches, each side in its own precision."""
    figures: list[Figure] = []
    for strategy in STRATEGIES:
        records = race(options, strategy)
        speeds, facts = records["matmul"].facts, records["ours"].facts
        if not figures:
            figures += [
                Figure("ceiling", f"matrix product, {name}", "GFLOP/CPU-s", speed, note=speeds["shape"])
                for name, speed in speeds["gigaflops"].items()
            ]
        useful = PASSES[strategy] * facts["layer_parameters"] * facts["tokens_per_row"] / 1e9
        done = {side: records[side].rate * useful for side in ("ours", "theirs")}
        shares = (done["ours"] / speeds["gigaflops"][facts["dtype"]], done["theirs"] / speeds["gigaflops"]["float32"])
        note = (
            f"{PASSES[strategy]} × {facts['layer_parameters']:,} layer parameters × "
            f"{facts['tokens_per_row']:.1f} tokens a row"
        )
        figures += [
            Figure("ceiling", f"{strategy}: useful work", "GFLOP/CPU-s", done["ours"], done["theirs"], note=note),
            Figure("ceiling", f"{strategy}: share of own ceiling", "share", *shares),
        ]
    return figures


@functools.cache
def race(options: Options, strategy: str) -> dict[str, Record]:
    """Our loop, Trainer and bare matrix products in turn. Cached: two parts read it."""
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        make_workspace(Path(folder), options.data)
        shape = STRATEGIES[strategy]
        return take_turns(
            [
                Contender("ours", "loop", {"workspace": folder, "settings": {"strategy": shape}}),
                Contender("theirs", "trainer", {"workspace": folder, "lora": shape if strategy == "lora" else None}),
                Contender("matmul", "matmul", {}),
            ],
            options.rounds,
            options.threads,
        )


def vars_of(records: dict[str, Record]) -> dict[str, Any]:
    """Every round, for --json."""
    return {name: vars(record) | {"median": statistics.median(record.cpu_seconds)} for name, record in records.items()}
