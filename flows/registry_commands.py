"""reject, rollback, delete, history: what the command line does and prints"""

from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from flows.commands import print_json
from flows.notify import notify
from flows.redact import redact
from flows.registry import Registry, check_reason, open_registry
from flows.terminal import make_console
from tasks.errors import DataError
from tasks.lineage.ledger import read_ledger
from tasks.paths import Paths
from tasks.promotion.delete import delete
from tasks.promotion.history import history_rows
from tasks.promotion.promote import Decided
from tasks.promotion.reject import reject
from tasks.promotion.rollback import roll_back


def reject_one(paths: Paths, asked: str, *, reason: str, by: str, as_json: bool) -> None:
    """Reject a version and say so."""
    with open_registry(paths) as registry:
        said = {"by": registry.actor(by), "via": "cli", "reason": check_reason(reason)}
        decided = reject(registry.store, paths, registry.name, registry.number_of(asked), **said)
    print_decided(decided, as_json=as_json)


def go_back(paths: Paths, *, to: str | None, reason: str, by: str, expect: int | None, as_json: bool) -> None:
    """Roll back and say to which version."""
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
    elif rows:
        make_console(stderr=False).print(_table(rows))
    elif not flaws:
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


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("entry", "when (UTC)", "what", "champion", "by", "via", "reason"):
        table.add_column(column, overflow="fold")
    for row in rows:
        moved = row["before"] != row["after"]
        champion = f"{_named(row['before'])} → {_named(row['after'])}" if moved else _named(row["after"])
        what = f"{row['action']} v{row['version']}" + ("" if row["counts"] else " (void: came too late)")
        cells = [str(row["entry"]), row["time"][:16].replace("T", " "), what, champion]
        cells += [row["by"], row["via"], " ".join(row["reason"].split())]
        table.add_row(*(escape(redact(each)) for each in cells))
    return table


def _named(version: int | None) -> str:
    return "none" if version is None else f"v{version}"
