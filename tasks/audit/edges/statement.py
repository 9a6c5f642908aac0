"""The statement's bytes ↔ the version's tag and the ledger's entry; and who signed it"""

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, difference, holds
from tasks.audit.signed import before_keys, first_signed, judge_signature
from tasks.audit.witnesses import Unreached, Witnesses
from tasks.lineage.chain import Entry
from tasks.lineage.kept import STATEMENT_TAG
from tasks.lineage.signature import STATEMENT


def check(seen: Witnesses) -> list[Finding]:
    """The statement is the one that was registered, about this version's model, and signed if there are keys."""
    entry = seen.ledger.chain.registered(seen.registered.version)
    if isinstance(seen.made, Unreached):
        if entry is not None and STATEMENT_TAG in entry.evidence and not seen.made.is_broken:
            return [broken("the statement", f"{seen.made.why}, but the ledger says that there is one")]
        return out_of_reach("the statement", seen.made)
    statement = seen.made.statement
    found = [holds(f"it is the one that the version's tag names, {statement.digest[:12]}…")]
    found += _entered(statement.digest, entry)
    name, run = statement.model.get("name"), str(statement.invocation.get("mlflow_run", ""))
    if name != seen.registered.name:
        found.append(broken("what it is about", f"the statement is of {name}, the version of {seen.registered.name}"))
    if run != seen.registered.run_id:
        found.append(broken("the run", difference(run, seen.registered.run_id, "the statement", "the version")))
    line = next((each for each in seen.ledger.chain.lines if entry is not None and each.text == entry.text), None)
    return found + judge_signature(
        "the statement",
        statement.text,
        STATEMENT,
        seen.made.signatures,
        seen.trusted,
        required=seen.require_signature,
        others_signed=bool(line and line.signatures),
        older=before_keys(line.number, first_signed(seen.ledger.lines, seen.trusted)) if line else "",
    )


def _entered(digest: str, entry: Entry | None) -> list[Finding]:
    if entry is None:
        return []  # the ledger's own edge tells it
    said = str(entry.evidence.get(STATEMENT_TAG, ""))
    if said != digest:
        return [
            broken(
                "its digest",
                difference(said, digest, "the ledger's entry", "the version's statement") + ": an old one?",
            )
        ]
    return [holds("the ledger entered the same when the version was registered")]


EDGE = Edge("statement", "statement", check)
