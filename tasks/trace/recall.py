"""versions that were touched → what the registry must look like without them, and the ledger and aliases so set"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from filelock import Timeout

from tasks.errors import BusyError, ChampionMovedError, IntegrityError
from tasks.lineage.chain import Chain, Head
from tasks.lineage.ledger import append, read_ledger, set_anchor
from tasks.paths import Paths
from tasks.register.champion import find_version
from tasks.trace.learned import Touch
from tasks.trace.versions import RECALLED
from tasks.tracking.store import Store, store_lock

_MOST_LISTED = 50
_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Recall:
    """What a recall does to one registered model."""

    name: str
    head: Head
    """The ledger's head that it was planned on."""
    touched: tuple[Touch, ...]
    unknown: tuple[Touch, ...]
    """Versions of which nobody can tell, and which are left as they are."""
    already: frozenset[int]
    """Those of the touched that were recalled before."""
    clean: tuple[int, ...]
    """Versions of which it is known that they are not touched, and that were never recalled."""
    deleted: tuple[int, ...]
    """Versions that the ledger knows and the registry has no more."""
    before: int | None
    """The champion now, by the ledger."""
    after: int | None
    """The champion then."""

    @property
    def numbers(self) -> list[int]:
        """The versions to be recalled, all of them."""
        return [each.version.number for each in self.touched]


def plan_recall(name: str, touches: Sequence[Touch], chain: Chain) -> Recall:
    """What has to be done to a registered model whose versions have this to do with the row or the data set."""
    touched = tuple(each for each in touches if each.is_touched)
    unknown = tuple(each for each in touches if each.how == "unknown")
    numbers = {each.version.number for each in touched}
    before = recalled_versions(chain)
    registered = {each.version.number for each in touches}
    refused = numbers | before | {each.version.number for each in unknown}
    champion = chain.champion
    clean = registered - refused
    after = last_champion(chain, clean - unfit_versions(chain)) if champion in numbers else champion
    deleted = sorted({each.version for each in chain.entries} - registered)
    already = frozenset(numbers & before)
    return Recall(name, chain.head, touched, unknown, already, tuple(sorted(clean)), tuple(deleted), champion, after)


def last_champion(chain: Chain, allowed: set[int]) -> int | None:
    """The last champion, by the ledger, that is among the allowed; None if none is."""
    return next((each.after for each in reversed(chain.entries) if each.after in allowed), None)


def unfit_versions(chain: Chain) -> set[int]:
    """Versions that were rejected, or left by a rollback, and not promoted since: nobody wants them back."""
    unfit: set[int] = set()
    for each in chain.entries:
        if each.action == "reject":
            unfit.add(each.version)
        elif each.action in ("rollback", "restore") and each.before is not None and each.before != each.after:
            unfit.add(each.before)
        if each.after is not None and each.after != each.before:
            unfit.discard(each.after)
    return unfit


def recalled_versions(chain: Chain) -> set[int]:
    """Versions that were recalled, and have not been champion since."""
    recalled: set[int] = set()
    for each in chain.entries:
        if each.after is not None and each.after != each.before:
            recalled.discard(each.after)
        if each.action == "recall":
            recalled.add(each.version)
    return recalled


def carry_out(store: Store, paths: Paths, plan: Recall, *, by: str, reason: str, evidence: Mapping[str, Any]) -> None:
    """Recall: a line of the ledger for each version first, then the aliases, read back, then the anchor and the tags.

    Cut off anywhere, the same call finishes it. Raises ChampionMovedError if the ledger has moved since the plan.
    """
    with _deciding(paths):
        ledger = read_ledger(store, paths, plan.name)
        ledger.refuse_flaws(plan.name)
        if ledger.chain.head != plan.head:
            raise ChampionMovedError(f"CHAMPION_MOVED: the ledger of {plan.name} moved meanwhile. Ask again.")
        head, champion = plan.head, plan.before
        for number in plan.numbers:
            if number in plan.already:
                continue
            entry = append(
                store,
                paths,
                plan.name,
                expected=head,
                action="recall",
                version=number,
                before=champion,
                after=plan.after,
                by=by,
                via="cli",
                reason=reason,
                evidence={**evidence, "touched": plan.numbers[:_MOST_LISTED]},
            )
            head, champion = Head(entry.seq, entry.digest), entry.after
        follow_ledger(store, paths, plan.name, away=plan.numbers)
        for each in plan.touched:
            if RECALLED not in each.version.tags:
                store.client.set_model_version_tag(plan.name, str(each.version.number), RECALLED, reason[:1_000])


@contextmanager
def _deciding(paths: Paths) -> Iterator[None]:
    """Promotions on this machine wait; those of others are kept apart by the ledger."""
    lock = store_lock(paths, "promote")
    try:
        with lock.acquire(timeout=_WAIT_SECONDS):
            yield
    except Timeout:
        raise BusyError(f"another promotion holds {lock.lock_file}. Wait until it ends, then ask again.") from None


def follow_ledger(store: Store, paths: Paths, name: str, *, away: Sequence[int]) -> None:
    """Set the alias champion as the ledger says, take challenger from versions that went away, read both back, anchor.

    Raises IntegrityError if the registry does not keep what it was told.
    """
    while True:
        chain = read_ledger(store, paths, name).chain
        _point(store, name, "champion", chain.champion)
        challenger = find_version(store, name, "challenger")
        if challenger and challenger.version in away:
            _point(store, name, "challenger", None)
        if read_ledger(store, paths, name).chain.head == chain.head:  # else somebody was quicker: as they say
            set_anchor(store, name, chain.head)
            return


def _point(store: Store, name: str, alias: str, number: int | None) -> None:
    if number is not None:
        store.client.set_registered_model_alias(name, alias, str(number))
    elif find_version(store, name, alias) is not None:
        store.client.delete_registered_model_alias(name, alias)
    found = find_version(store, name, alias)
    if (found.version if found else None) != number:
        raise IntegrityError(f"the alias {alias} of {name} is not what was set just now. See: finetrace history")
