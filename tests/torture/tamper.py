"""43: 200 random mutations of everything that speaks of a version; the audit catches each and names the place"""

import os
import tempfile
from pathlib import Path
from random import Random
from unittest.mock import patch

from tasks.audit.gather import Asked
from tasks.audit.verify import Report, audit_version
from tasks.lineage.keys import KEY_VARIABLE, make_key, read_key, trust
from tests.audited import NAME, Audited, cleared_environment
from tests.torture import mutations_of_files, mutations_of_registry
from tests.torture.mutations import VERSION, Kind

KINDS: tuple[Kind, ...] = (*mutations_of_files.KINDS, *mutations_of_registry.KINDS)
MUTATIONS, CLEAN = 200, 20


def make_signed(folder: Path) -> Audited:
    """A workspace of which everything is signed. FINETRACE_SIGNING_KEY must name the key's file, which is made here."""
    from tasks.paths import Paths

    root = folder / "workspace"
    (root / "infra").mkdir(parents=True)
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
