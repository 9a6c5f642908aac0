"""A version that nobody needs → an entry, and no version any more; its run and its statement stay"""

from tasks.errors import GateError
from tasks.paths import Paths
from tasks.promotion.choice import aliases_by_name
from tasks.promotion.decided import Decided
from tasks.promotion.enter import enter
from tasks.promotion.settled import deciding, settled_ledger
from tasks.tracking import Store


def delete(store: Store, paths: Paths, name: str, number: int, *, by: str, via: str, reason: str) -> Decided:
    """Enter that a version is deleted, then delete it. Raises GateError if it holds an alias."""
    with deciding(paths):
        begun = settled_ledger(store, paths, name).chain
        held = sorted(alias for alias, version in aliases_by_name(store, name).items() if version == number)
        if begun.champion == number and "champion" not in held:
            held = ["champion", *held]
        if held:
            way_out = "Promote another version or roll back first." if "champion" in held else "Reject it first."
            raise GateError(
                f"v{number} of {name} holds the alias {', '.join(held)}: MLflow would drop that with it. {way_out}"
            )
        entry, after = enter(
            store,
            paths,
            name,
            begun=begun,
            now=begun,
            action="delete",
            version=number,
            becomes=None,
            by=by,
            via=via,
            reason=reason,
        )
    return Decided("promoted", f"v{number} of {name} is deleted (entry {entry.seq}).", after.champion, entry)
