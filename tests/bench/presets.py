"""Every preset's speed and memory beside full's; and apart from that what stored states gain while layers thaw."""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from tasks.finetune.presets import PRESETS
from tests.bench.figure import Figure
from tests.bench.options import Options
from tests.bench.rounds import Contender, Record, ratios, take_turns
from tests.bench.trainer import vars_of
from tests.bench.workspace import make_workspace

YARDSTICK = "full"
AT_ONCE = 4
"""Presets beside the yardstick in one go, so that not all processes are in memory together."""
EPOCHS = 3
THAW_EPOCHS = 5
THAWING: dict[str, Any] = {"strategy": {"kind": "full"}, "thaw": {"kind": "by_epoch", "start": 1}}


def presets(options: Options) -> list[Figure]:
    """Rows × epochs per CPU-second of a whole training, and its peak memory.

    Presets with `post` are left out: each is some trainings of the others.
    """
    figures: list[Figure] = []
    others = [name for name, preset in PRESETS.items() if name != YARDSTICK and "post" not in preset.settings]
    for names in _groups(others):
        sides = {name: {**PRESETS[name].settings, "epochs": EPOCHS} for name in (YARDSTICK, *names)}
        records = _race(options, sides)
        shown = names if figures else [YARDSTICK, *names]
        figures += [figure for name in shown for figure in _figures(name, records)]
    return figures


def thawing(options: Options) -> list[Figure]:
    """Whole trainings in which a layer joins each epoch: states of frozen layers kept, and computed anew."""
    sides = {
        name: THAWING | {"epochs": THAW_EPOCHS, "cache_gigabytes": gigabytes}
        for name, gigabytes in (("kept", 8.0), ("anew", 0.0))
    }
    records = _race(options, sides)
    kept, anew = records["kept"], records["anew"]
    by_round = ratios(kept, anew)
    note = (
        f"full with one layer more an epoch, {THAW_EPOCHS} epochs, computing the states included; ratio by round "
        f"{min(by_round):.2f} to {max(by_round):.2f}, median {statistics.median(by_round):.2f}"
    )
    what = "layers thaw, states kept / computed anew"
    return [Figure("thawing", what, "samples/CPU-s", kept.rate, anew.rate, note=note, details=vars_of(records))]


def _figures(name: str, records: dict[str, Record]) -> list[Figure]:
    mine, full = records[name], records[YARDSTICK]
    note = f"{mine.facts['learning']:,} parameters learn, head included; theirs is {YARDSTICK}'s in the same rounds"
    speed = Figure("presets", name, "samples/CPU-s", mine.rate, full.rate, note=note, details=vars_of({name: mine}))
    memory = (mine.facts["peak_megabytes"], full.facts["peak_megabytes"])
    return [speed, Figure("presets", f"{name}: peak memory over the libraries'", "MB", *memory)]


def _race(options: Options, sides: dict[str, dict[str, Any]]) -> dict[str, Record]:
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        contenders = []
        for name, settings in sides.items():  # a workspace each: what one stores must not help another
            make_workspace(Path(folder) / name, options.data)
            contenders.append(Contender(name, "preset", {"workspace": str(Path(folder) / name), "settings": settings}))
        return take_turns(contenders, options.rounds, options.threads)


def _groups(names: list[str]) -> list[list[str]]:
    return [names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE)]
