"""`python -m tests.bench.registry [VERSIONS]`: what the registry's part of a promotion costs when there are many

So many versions of one model, and as many entries in its ledger, are made through MLflow's client; then the ledger is
verified and a version promoted, models and scores left out: those cost the same however many versions there are.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console

from tasks.lineage.chain import NOTHING, Entry
from tasks.lineage.ledger import describe_entry, ledger_name, read_ledger, set_anchor, shown_tags
from tasks.paths import Paths
from tasks.promotion.promote import Asked, Judged, decide
from tasks.promotion.settled import settled_ledger
from tasks.register.champion import PACKAGE_DIGEST
from tasks.register.rules import Outcome
from tasks.tracking import Store, open_store
from tests.bench.figure import Figure, print_figures

NAME, VERSIONS, ROUNDS = "many", 1_000, 5
RULE = {
    "name": "champion",
    "passed": True,
    "value": 0.047,
    "limit": 0.0,
    "why": "accuracy +0.047 [+0.008, +0.087]: " * 2,
}
"""Each entry is as long as one of a promotion, with what 13 rules said."""
AGREED = Judged([Outcome("bench", True, None, None, "it agrees")], {})
PROMOTE_SECONDS, VERIFY_SECONDS = 1.0, 2.0
"""Asked of a promotion, and of verifying the ledger (faults.md, E)."""


def main(arguments: list[str]) -> int:
    """Make them, measure, print the table; 1 if something asked is not there."""
    count = int(arguments[0]) if arguments else VERSIONS
    with ExitStack() as stack:
        paths = Paths(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="finetrace-bench-"))))
        store = open_store(paths)
        print(f"bench: {count} versions and entries …", file=sys.stderr)
        fill(store, paths, count)
        figures = measure(store, paths, count)
    print_figures(figures, Console(width=None if sys.stdout.isatty() else 140))
    return int(any(each.held is False for each in figures))


def fill(store: Store, paths: Paths, count: int) -> None:
    """`count` versions, each with its entry by which it was registered; v1 is the champion."""
    client = store.client
    for name in (NAME, ledger_name(NAME)):
        client.create_registered_model(name)
    previous = NOTHING
    for number in range(1, count + 1):
        tags = {PACKAGE_DIGEST: f"{number:064x}", "finetrace.statement": f"{number:064x}", "accuracy": "0.9"}
        client.create_model_version(NAME, str(paths.root), tags=tags)
        before, time_, evidence = (
            None if number == 1 else 1,
            "2026-01-01T00:00:00+00:00",
            {**tags, "rules": [RULE] * 13},
        )
        entry = Entry(number, previous, time_, "register", NAME, number, before, 1, "ann", "register", "", evidence)
        client.create_model_version(
            ledger_name(NAME), str(paths.root), tags=shown_tags(entry), description=describe_entry(entry)
        )
        previous = entry.digest
    client.set_registered_model_alias(NAME, "champion", "1")
    set_anchor(store, NAME, read_ledger(store, paths, NAME).chain.head)


def measure(store: Store, paths: Paths, count: int) -> list[Figure]:
    """The median of a few rounds of each, by the wall and by the CPU."""
    numbers = iter(range(2, 2 + ROUNDS))

    def promote() -> None:
        number = next(numbers)
        begun = settled_ledger(store, paths, NAME).chain
        decided = decide(store, paths, NAME, Asked(number, "ann", "cli", "bench"), AGREED, begun)
        assert decided.what == "promoted"

    def verify() -> None:
        assert not read_ledger(store, paths, NAME).flaws

    what = {"promote, registry's part": (promote, PROMOTE_SECONDS), "verify the ledger": (verify, VERIFY_SECONDS)}
    return [each for name, (act, most) in what.items() for each in _timed(f"{name}, {count} versions", act, most)]


def _timed(what: str, act: Callable[[], None], most: float) -> list[Figure]:
    walls, cpus = zip(*(_once(act) for _ in range(ROUNDS)), strict=True)
    kinds: dict[str, Any] = {"seconds by the wall": walls, "CPU-seconds": cpus}
    return [
        Figure("registry", what, unit, sorted(values)[ROUNDS // 2], at_most=most, details={"rounds": list(values)})
        for unit, values in kinds.items()
    ]


def _once(act: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), _cpu()
    act()
    return time.perf_counter() - wall, _cpu() - cpu


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
