"""One question of the audit"""

from collections.abc import Callable
from dataclasses import dataclass

from tasks.audit.finding import Finding, broken, unreached
from tasks.audit.witnesses import Unreached, Witnesses


@dataclass(frozen=True)
class Edge:
    """A link of the chain from a version back to its rows: who is asked, and what must agree."""

    name: str
    title: str
    check: Callable[[Witnesses], list[Finding]]


def out_of_reach(what: str, witness: Unreached) -> list[Finding]:
    """The one finding of a witness that could not be asked."""
    return [broken(what, witness.why) if witness.is_broken else unreached(what, witness.why)]
