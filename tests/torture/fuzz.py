"""`python -m tests.torture.fuzz [SEED]`: 200 random mutations of everything that speaks of a version, in one process

Each is undone before the next; the audit must catch every one, naming the place, and doubt none of 20 clean versions.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from unittest.mock import patch

from tasks.audit.gather import Asked
from tasks.audit.verify import Report, audit_version
from tasks.lineage.keys import KEY_VARIABLE, make_key, read_key, trust
from tasks.paths import Paths
from tests.audited import NAME, Audited, cleared_environment
from tests.torture import mutations_of_files, mutations_of_registry, mutations_of_runs
from tests.torture.mutations import VERSION, Kind

KINDS: tuple[Kind, ...] = (*mutations_of_files.KINDS, *mutations_of_registry.KINDS, *mutations_of_runs.KINDS)
MUTATIONS, CLEAN = 200, 20


def make_signed(folder: Path) -> Audited:
    """A workspace of which everything is signed. FINETRACE_SIGNING_KEY names the key's file, which is made here."""
    root = folder / "workspace"
    make_key(Path(os.environ[KEY_VARIABLE]))
    trust(Paths(root), read_key(Path(os.environ[KEY_VARIABLE])).public_key())
    return Audited(root)


def look(made: Audited, version: int = VERSION) -> Report:
    """Audit a version."""
    return audit_version(made.store, made.paths, NAME, version, Asked())


def is_caught(report: Report, kind: Kind, place: str) -> bool:
    """Whether the edge that must tell of it does, naming the place."""
    found = next(each for each in report.answers if each.name == kind.edge)
    return any(f.mark == "broken" and place in f"{f.what} {f.why}" for f in found.findings)


def tamper(made: Audited, random: Random, count: int) -> tuple[Counter[str], list[str]]:
    """Mutations by kind, and what was not caught: every kind in turn, each time elsewhere."""
    done: Counter[str] = Counter()
    missed = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        with kind.do(made, random) as place:
            report = look(made)
            if not is_caught(report, kind, place):
                missed.append(f"{kind.name} ({place}): {'; '.join(report.worst) or 'nothing found'}")
        done[kind.name] += 1
    return done, missed


def doubts(made: Audited, count: int) -> list[str]:
    """What the audit says against clean versions: so many more are registered, and looked at in turn."""
    for seed in range(3, count + 1):
        made.run(seed)
    return [word for version in range(1, count + 1) for word in look(made, version).worst]


def main(seed: int) -> int:
    """Tamper, then look at what is clean; 0 if all is as it must be."""
    with (
        tempfile.TemporaryDirectory(prefix="finetrace-fuzz-") as folder,
        cleared_environment(),
        patch.dict(os.environ, {KEY_VARIABLE: str(Path(folder) / "key.pem")}),
    ):
        made = make_signed(Path(folder))
        done, missed = tamper(made, Random(seed), MUTATIONS)  # noqa: S311 - not a secret
        again = look(made).worst
        false = doubts(made, CLEAN)
    for line in [*missed, *(f"not put back: {each}" for each in again), *(f"false alarm: {each}" for each in false)]:
        sys.stderr.write(f"{line}\n")
    kinds = len(done)
    sys.stdout.write(
        f"{done.total() - len(missed)}/{done.total()} mutations of {kinds} kinds caught, {len(false)} false alarms on "
        f"{CLEAN} clean versions\n"
    )
    return 1 if missed or again or false else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
