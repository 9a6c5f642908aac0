"""Every monitor at its default settings against none."""

import tempfile
import typing
from pathlib import Path
from typing import Any

from tasks.finetune.monitors import AnyMonitor
from tests.bench.figure import Figure
from tests.bench.options import Options
from tests.bench.rounds import Contender, ratios, take_turns
from tests.bench.trainer import vars_of
from tests.bench.workspace import make_workspace

ASKED = 1 / 1.15
"""All together may take less than 15 % on top of the training."""
VAL_SHARE = 10
"""One row in so many is val, as the pipeline splits by default, so that monitors have their probe rows."""
STRATEGIES: dict[str, dict[str, Any]] = {"full": {"kind": "full"}, "partial": {"kind": "partial"}}


def monitors(options: Options) -> list[Figure]:
    """Samples per CPU-second of the loop, by epoch, and over all epochs with what starting took: states and probes."""
    return [each for name, strategy in STRATEGIES.items() for each in _figures(options, name, strategy)]


def _figures(options: Options, name: str, strategy: dict[str, Any]) -> list[Figure]:
    every = [{"kind": member().kind} for member in typing.get_args(typing.get_args(AnyMonitor)[0])]
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        make_workspace(Path(folder), options.data, options.data.train[::VAL_SHARE])
        records = take_turns(
            [
                Contender(side, "loop", {"workspace": folder, "settings": {"strategy": strategy, "monitors": watching}})
                for side, watching in (("watched", every), ("alone", []))
            ],
            options.rounds,
            options.threads,
        )
    watched, alone = records["watched"], records["alone"]
    by_round = ratios(watched, alone)
    note = f"{len(every)} monitors; ratio by round {min(by_round):.2f} to {max(by_round):.2f}"
    unit, details = "samples/CPU-s", vars_of(records)
    whole = [sum(each.samples) / sum(each.cpu_seconds) for each in (watched, alone)]
    return [
        Figure(
            "monitors",
            f"{name}: an epoch watched / not",
            unit,
            watched.rate,
            alone.rate,
            ASKED,
            note=note,
            details=details,
        ),
        Figure("monitors", f"{name}: {options.rounds} epochs and their start", unit, *whole, ASKED),
    ]
