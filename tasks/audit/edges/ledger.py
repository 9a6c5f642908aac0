"""The ledger's lines ↔ one another, the aliases, and the version's registration"""

from tasks.audit.edges.edge import Edge
from tasks.audit.finding import Finding, broken, holds, unreached
from tasks.audit.signed import before_keys, first_signed, judge_signature
from tasks.audit.witnesses import Witnesses
from tasks.lineage.chain import EMPTY
from tasks.lineage.kept import STATEMENT_TAG
from tasks.lineage.ledger import Ledger, misread_lines
from tasks.lineage.signature import ENTRY

SETTLED = "finetrace.settled"
"""Tag of a version whose registration came to its end."""

ASKED = ("BEING ASKED", "WAITING")
"""How the tag `promotion` of a version begins while a request is being answered (tasks.promotion.marks)."""


def check(seen: Witnesses) -> list[Finding]:
    """The chain is whole, its lines read as they are, and champion is what it says."""
    return [*_chain(seen), *_registration(seen), *_alias(seen), *_signatures(seen)]


def _chain(seen: Witnesses) -> list[Finding]:
    ledger = seen.ledger
    flaws = dict.fromkeys([*ledger.flaws, *misread_lines(ledger.lines)])
    wrong = [broken(f"line {flaw.number}", flaw.why) for flaw in flaws]
    if wrong:
        return wrong
    if not ledger.lines:
        return [unreached("the ledger", "it has no line yet")]
    void = f"{len(ledger.chain.void)} lost a race and count for nothing" if ledger.chain.void else ""
    count = len(ledger.lines)
    return [holds(f"{count} line{'s' if count > 1 else ''}, each names the one before it", void)]


def _registration(seen: Witnesses) -> list[Finding]:
    version = seen.registered.version
    if seen.ledger.chain.registered(version) is not None:
        return [holds(f"version {version} was entered when it was registered")]
    if SETTLED not in seen.registered.tags:
        return [unreached(f"version {version}", "its registration was cut off; `finetrace run` finishes it")]
    entered = [entry.version for entry in seen.ledger.chain.entries if entry.action == "register"]
    is_older = STATEMENT_TAG not in seen.registered.tags and version < min(entered, default=version + 1)
    if is_older:  # statements and the ledger came with one release
        return [unreached(f"version {version}", "it is older than the ledger")]
    return [broken(f"version {version}", "no line of the ledger tells of its registration")]


def _alias(seen: Witnesses) -> list[Finding]:
    ledger, champion = seen.ledger, seen.registered.champion
    if not ledger.lines or ledger.flaws:
        return []
    if ledger.anchor == EMPTY and ledger.chain.head.seq > 1 and champion is not None:
        return [broken("the anchor", "it is gone: nothing says which line the aliases were last set by")]
    said = ledger.chain.champion
    if champion == said:
        found = [holds(f"the alias champion is on {_named(said)}, as the ledger says")]
        return found if ledger.is_applied else [*found, _behind(ledger)]
    if not ledger.is_applied:
        return [
            unreached(
                "the alias champion", f"on {_named(champion)}; the ledger is ahead: somebody is at it, or was cut off"
            )
        ]
    if seen.registered.champion_says.startswith(ASKED):
        why = f"it is on {_named(champion)}: requested by hand, not answered yet; the ledger says {_named(said)}"
        return [unreached("the alias champion", why)]
    return [broken("the alias champion", f"it is on {_named(champion)}, the ledger says {_named(said)}: set by hand")]


def _behind(ledger: Ledger) -> Finding:
    place = f"it names line {ledger.anchor.seq} of {ledger.chain.head.seq}"
    return unreached("the anchor", f"{place}: somebody is at it, was cut off, or set it back (reconciling mends it)")


def _named(version: int | None) -> str:
    return "nothing" if version is None else f"v{version}"


def _signatures(seen: Witnesses) -> list[Finding]:
    """One finding for all lines that are signed, and one for each that should be and is not."""
    if not seen.trusted and not any(line.signatures for line in seen.ledger.lines) and not seen.require_signature:
        return []
    first = first_signed(seen.ledger.lines, seen.trusted)
    each = [
        judge_signature(
            f"line {line.number}",
            line.text,
            ENTRY,
            line.signatures,
            seen.trusted,
            required=seen.require_signature,
            older=before_keys(line.number, first),
        )[0]
        for line in seen.ledger.lines
    ]
    good = [finding for finding in each if finding.mark == "holds"]
    told = [holds(f"{len(good)} of {len(each)} lines are signed by a trusted key")] if good else []
    unsigned = [finding for finding in each if finding.mark == "unreached"]
    if unsigned:
        told.append(unreached(f"who wrote {len(unsigned)} of {len(each)} lines", unsigned[0].why))
    return told + [finding for finding in each if finding.mark == "broken"]


EDGE = Edge("ledger", "ledger", check)
