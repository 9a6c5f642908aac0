"""A decision → an entry in the ledger, then its effect"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tasks.errors import ChampionMovedError
from tasks.lineage.chain import Action, Chain, Entry
from tasks.lineage.ledger import Ledger, append
from tasks.masking import mask_text
from tasks.paths import Paths
from tasks.promotion.effect import finish
from tasks.promotion.settled import head_to_follow, settled_ledger
from tasks.tracking import Store

_TRIES = 5


def enter(
    store: Store,
    paths: Paths,
    name: str,
    *,
    begun: Chain,
    now: Chain,
    action: Action,
    version: int,
    becomes: int | None,
    by: str,
    via: str,
    reason: str,
    evidence: Mapping[str, Any] | None = None,
) -> tuple[Entry, Chain]:
    """The entry, done, and the ledger with it. begun, now: the ledger when it was decided, and as it is. becomes:
    the new champion; None leaves it.

    Secrets in `by` and `reason` are masked. Raises ChampionMovedError if the champion moved since `begun`, or if
    `becomes` was rejected, recalled or deleted since; an entry that only came between is followed.
    """
    for last in range(_TRIES, 0, -1):
        expected = head_to_follow(begun, now, becomes)
        try:
            entry = append(
                store,
                paths,
                name,
                expected=expected,
                action=action,
                version=version,
                before=now.champion,
                after=now.champion if becomes is None else becomes,
                by=mask_text(by),
                via=via,
                reason=mask_text(reason),
                evidence=evidence,
            )
        except ChampionMovedError:
            if last == 1 or expected != now.head:
                raise
            now = settled_ledger(store, paths, name).chain
            continue
        after = replace(now, entries=(*now.entries, entry))
        finish(store, name, Ledger(after, now.head))
        return entry, after
    raise AssertionError  # the loop ends by return or raise
