"""feature_extraction with its features computed once against computing them in every pass."""

import tempfile
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.options import Options
from tests.bench.rounds import Contender, take_turns
from tests.bench.trainer import vars_of
from tests.bench.workspace import make_workspace

PASSES = 60
PASSES_ANEW = 2


def features(options: Options) -> list[Figure]:
    """Rows × passes per CPU-second, features included on both sides."""
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        make_workspace(Path(folder), options.data)
        records = take_turns(
            [
                Contender("once", "head", {"workspace": folder, "passes": PASSES, "anew": False}),
                Contender("anew", "head", {"workspace": folder, "passes": PASSES_ANEW, "anew": True}),
            ],
            options.rounds,
            options.threads,
        )
    once, anew = records["once"], records["anew"]
    note = (
        f"{PASSES} passes of the head on features computed once; the other side does {PASSES_ANEW} passes a round, "
        "each with its own features, so its rate is of those. Loading and tokenising are in neither"
    )
    what = f"{PASSES} passes, features once / each pass"
    return [Figure("features", what, "samples/CPU-s", once.rate, anew.rate, 30.0, note=note, details=vars_of(records))]
