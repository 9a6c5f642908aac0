"""registry and ledger as they are → what must be done so that they agree; knows no registry"""

from collections.abc import Set
from dataclasses import dataclass

from tasks.lineage.ledger import Ledger


@dataclass(frozen=True)
class State:
    """What the registry shows, beside the ledger."""

    ledger: Ledger
    alias: int | None
    """The version that the alias champion points to."""
    versions: Set[int]
    """Those that exist."""
    warned: str
    """What the registered model's page warns of."""


@dataclass(frozen=True)
class Warn:
    """The ledger was tampered with: say so on the page, tell people, move nothing."""

    text: str


@dataclass(frozen=True)
class Calm:
    """What was warned of is mended."""


@dataclass(frozen=True)
class Finish:
    """Somebody was cut off after the entry, before the aliases showed it."""


@dataclass(frozen=True)
class Request:
    """Somebody set the alias by hand: ask the gates."""

    version: int


@dataclass(frozen=True)
class RestoreAlias:
    """Somebody removed the alias."""

    version: int


@dataclass(frozen=True)
class Replace:
    """The champion was deleted: the last earlier one that is sound takes its place."""

    lost: int


Action = Warn | Calm | Finish | Request | RestoreAlias | Replace


def next_action(state: State) -> Action | None:
    """What to do first; None if registry and ledger agree."""
    ledger = state.ledger
    if ledger.flaws:
        text = "; ".join(f"line {each.number}: {each.why}" for each in ledger.flaws)[:1_000]
        return Warn(text) if state.warned != text else None
    champion = ledger.chain.champion
    if not ledger.chain.entries:  # nothing was registered since there is a ledger
        return None
    if not ledger.is_applied:
        return Finish()
    if champion is not None and champion not in state.versions:
        return Replace(champion)
    if champion is not None and state.alias is None:
        return RestoreAlias(champion)
    if state.alias is not None and state.alias != champion:
        return Request(state.alias)
    return Calm() if state.warned else None
