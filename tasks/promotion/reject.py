"""A challenger that shall not become the champion → an entry, and no alias any more"""

from tasks.errors import GateError
from tasks.paths import Paths
from tasks.promotion.decided import Decided
from tasks.promotion.enter import enter
from tasks.promotion.settled import deciding, settled_ledger
from tasks.tracking import Store


def reject(store: Store, paths: Paths, name: str, number: int, *, by: str, via: str, reason: str) -> Decided:
    """Enter that a version is rejected; the alias challenger is taken off it. Raises GateError for the champion."""
    with deciding(paths):
        begun = settled_ledger(store, paths, name).chain
        if begun.champion == number:
            raise GateError(f"v{number} is the champion of {name}. Go back to the one before: finetrace rollback")
        last = next((each for each in reversed(begun.about(number)) if each.action in ("reject", "promote")), None)
        if last is not None and last.action == "reject":
            return Decided("unchanged", f"v{number} of {name} is rejected already (entry {last.seq}).", begun.champion)
        entry, after = enter(
            store,
            paths,
            name,
            begun=begun,
            now=begun,
            action="reject",
            version=number,
            becomes=None,
            by=by,
            via=via,
            reason=reason,
        )
    return Decided("refused", f"v{number} of {name} is rejected (entry {entry.seq}).", after.champion, entry)
