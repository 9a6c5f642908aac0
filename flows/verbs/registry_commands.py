"""reject, rollback, delete, history: what the command line does and prints"""

from dataclasses import asdict
from typing import Any

from rich.markup import escape

from flows.notify import notify
from flows.redact import redact
from flows.registry import Registry, check_reason, open_registry
from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from tasks.errors import DataError
from tasks.lineage.ledger import read_ledger
from tasks.paths import Paths
from tasks.promotion.decided import Decided
from tasks.promotion.delete import delete
from tasks.promotion.history import history_rows
from tasks.promotion.reject import reject


def reject_one(paths: Paths, asked: str, *, reason: str, by: str, as_json: bool) -> None:
    """Reject a version and say so."""
    with open_registry(paths) as registry:
        said = {"by": registry.actor(by), "via": "cli", "reason": check_reason(reason)}
        decided = reject(registry.store, paths, registry.name, registry.number_of(asked), **said)
    print_decided(decided, as_json=as_json)


def go_back(paths: Paths, *, to: str | None, reason: str, by: str, expect: int | None, as_json: bool) -> None:
    """Roll back and say to which version."""
    from tasks.promotion.rollback import roll_back  # late: it asks models, which takes imports

    with open_registry(paths) as registry:
        decided = roll_back(
            registry.store,
            paths,
            registry.name,
            to=None if to is None else registry.number_of(to),
            by=registry.actor(by),
            via="cli",
            reason=check_reason(reason),
            expect=expect,
        )
        tell_rolled_back(registry, decided)
    print_decided(decided, as_json=as_json)


def tell_rolled_back(registry: Registry, decided: Decided) -> None:
    """Notify whoever wants to know."""
    if decided.entry is not None:
        notify(registry.config.notify, "rolled_back", decided.line, facts_of(decided))


def delete_one(paths: Paths, asked: str, *, reason: str, by: str, as_json: bool) -> None:
    """Delete a version and say so."""
    with open_registry(paths) as registry:
        said = {"by": registry.actor(by), "via": "cli", "reason": check_reason(reason)}
        decided = delete(registry.store, paths, registry.name, registry.number_of(asked), **said)
    print_decided(decided, as_json=as_json)


def show_history(paths: Paths, *, limit: int | None, as_json: bool) -> None:
    """Print the ledger. Raises IntegrityError, after printing, if somebody changed it."""
    with open_registry(paths) as registry:
        ledger = read_ledger(registry.store, paths, registry.name)
    rows = history_rows(ledger.chain, limit)
    flaws = [f"line {each.number}: {each.why}" for each in ledger.flaws]
    if as_json:
        print_json({"model": registry.name, "champion": ledger.chain.champion, "entries": rows, "flaws": flaws})
    for row in () if as_json else rows:
        make_console(stderr=False).print(escape(redact(_line(row))))
    if not as_json and not rows and not flaws:
        raise DataError(f"The ledger of {registry.name} is empty: nothing was registered yet. finetrace run")
    ledger.refuse_flaws(registry.name)


def print_decided(decided: Decided, *, as_json: bool) -> None:
    """One line, or all of it as JSON."""
    if as_json:
        print_json(facts_of(decided))
    else:
        make_console(stderr=False).print(escape(redact(decided.line)))


def facts_of(decided: Decided) -> dict[str, Any]:
    """What came of a request, as plain values."""
    entry = asdict(decided.entry) if decided.entry else None
    return {"what": decided.what, "line": decided.line, "champion": decided.champion, "entry": entry}


def _line(row: dict[str, Any]) -> str:
    """An entry as a person reads it."""
    moved = row["before"] != row["after"]
    champion = f"champion {_named(row['before'])} → {_named(row['after'])}" if moved else "champion unchanged"
    late = "" if row["counts"] else " (void: it came too late)"
    why = f": {' '.join(row['reason'].split())}" if row["reason"] else ""
    when = row["time"][:16].replace("T", " ")
    told = f"{row['action']} v{row['version']}{late}, {champion}, by {row['by'] or 'somebody'} ({row['via']}){why}"
    told += _approved(row["evidence"].get("approval"))
    return f"{row['entry']:>4}  {when}  {told}"


def _approved(approval: Any) -> str:
    """Who agreed, if somebody was asked and did; of a refusal the reason tells it."""
    if not isinstance(approval, dict) or approval.get("decision") != "approve":
        return ""
    why = f": {' '.join(str(approval['reason']).split())}" if approval.get("reason") else ""
    return f"; approved by {approval.get('approver') or 'somebody'}{why}"


def _named(version: int | None) -> str:
    return "none" if version is None else f"v{version}"
