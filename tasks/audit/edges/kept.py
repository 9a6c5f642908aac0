"""The files kept beside the statement ↔ the digests in it"""

from hashlib import sha256

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, compare
from tasks.audit.witnesses import Unreached, Witnesses
from tasks.lineage.kept import SIGNATURES_FILE, STATEMENT_FILE


def check(seen: Witnesses) -> list[Finding]:
    """params.yaml, dvc.lock and the others are there as they were, and nothing was added."""
    if isinstance(seen.made, Unreached):
        return out_of_reach("the files kept with the version", Unreached("without a statement nobody knows which"))
    said = seen.made.statement.kept_files
    own = {STATEMENT_FILE, SIGNATURES_FILE}
    found = {name: sha256(content).hexdigest() for name, content in seen.made.files.items() if name not in own}
    names = ", ".join(sorted(said))
    return compare(f"{names} are as they were", said, found, sayer="the statement", finder="the run's artifacts")


EDGE = Edge("kept", "files kept with it", check)
