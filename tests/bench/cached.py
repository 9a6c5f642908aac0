"""partial with kept states against itself without them."""

import statistics
import tempfile
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.options import Options
from tests.bench.rounds import Contender, ratios, take_turns
from tests.bench.trainer import vars_of
from tests.bench.workspace import make_workspace

ASKED = {1: 2.2, 2: 1.4}


def cached(options: Options) -> list[Figure]:
    """Samples per CPU-second of the training loop; how many epochs pay for computing the states is in the note."""
    return [_figure(options, layers, asked) for layers, asked in ASKED.items()]


def _figure(options: Options, layers: int, asked: float) -> Figure:
    strategy = {"strategy": {"kind": "partial", "layers": layers}}
    with tempfile.TemporaryDirectory(prefix="finetrace-bench-") as folder:
        make_workspace(Path(folder), options.data)
        records = take_turns(
            [
                Contender("kept", "loop", {"workspace": folder, "settings": strategy}),
                Contender("anew", "loop", {"workspace": folder, "settings": strategy | {"cache_gigabytes": 0}}),
            ],
            options.rounds,
            options.threads,
        )
    kept, anew = records["kept"], records["anew"]
    gain = statistics.median(anew.cpu_seconds) - statistics.median(kept.cpu_seconds)
    by_round = ratios(kept, anew)
    note = (
        f"computing the states took {kept.facts['set_up_cpu_seconds']:.1f} CPU-s, paid for after "
        f"{kept.facts['set_up_cpu_seconds'] / gain:.1f} epochs; "
        f"ratio by round {min(by_round):.2f} to {max(by_round):.2f}"
    )
    what = f"top {layers} layer{'s' if layers > 1 else ''}, kept / computed anew"
    return Figure("cached", what, "samples/CPU-s", kept.rate, anew.rate, asked, note=note, details=vars_of(records))
