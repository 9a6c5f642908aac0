"""A version and a wish → the champion, or a refusal; either way an entry in the ledger"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tasks.config import Config
from tasks.errors import GateError, IntegrityError
from tasks.lineage.chain import Chain, Entry
from tasks.paths import Paths
from tasks.promotion.choice import aliases_by_name
from tasks.promotion.decided import Decided
from tasks.promotion.effect import CHAMPION
from tasks.promotion.enter import enter
from tasks.promotion.facts import Facts, gather_facts
from tasks.promotion.gate import judge
from tasks.promotion.settled import deciding, settled_ledger
from tasks.register.gate import is_passed
from tasks.register.rules import Outcome
from tasks.tracking import Store

Via = Literal["cli", "prefect", "ui", "reconciler"]
BY_HAND: tuple[Via, ...] = ("ui", "reconciler")
"""Requests that were made by setting the alias."""


@dataclass(frozen=True)
class Asked:
    """Who wants which version to be the champion, and why."""

    version: int
    by: str
    via: Via
    reason: str
    approval: Mapping[str, str] = field(default_factory=dict)
    """approver, decision, reason; {} if nobody was asked."""


@dataclass(frozen=True)
class Judged:
    """What the gates say. broken: bytes that are not those that were registered, if that is why they say no."""

    outcomes: Sequence[Outcome]
    evidence: Mapping[str, str]
    broken: IntegrityError | None = None

    @property
    def passed(self) -> bool:
        """Whether no rule said no; where none was asked, nothing passes."""
        return bool(self.outcomes) and is_passed(list(self.outcomes))

    @property
    def why_not(self) -> str:
        """What said no, on one line."""
        return "; ".join(f"{each.name}: {each.why}" for each in self.outcomes if each.passed is False)


def judge_version(store: Store, paths: Paths, config: Config, chain: Chain, number: int) -> Judged:
    """Ask every gate about a version now; a refusal is told, not raised."""
    try:
        facts = gather_facts(store, paths, chain, number, register=config.register, evaluate=config.evaluate)
    except IntegrityError as error:
        return Judged([Outcome("files", False, None, None, str(error))], {}, error)
    except GateError as error:
        return Judged([Outcome("comparable", False, None, None, str(error))], {})
    return Judged(judge(facts, config.promote, config.register), _digests(facts))


def decide(store: Store, paths: Paths, name: str, asked: Asked, judged: Judged, begun: Chain) -> Decided:
    """Enter what the gates said, then do it. begun: the ledger as it was when they were asked.

    Raises ChampionMovedError if somebody else changed the champion meanwhile.
    """
    with deciding(paths):
        now = settled_ledger(store, paths, name).chain
        settled = _settled_meanwhile(store, name, asked, now)
        if settled is not None:
            return settled
        passed = judged.passed and asked.approval.get("decision", "approve") == "approve"
        entry, after = enter(
            store,
            paths,
            name,
            begun=begun,
            now=now,
            action="promote" if passed else "refuse",
            version=asked.version,
            becomes=asked.version if passed else None,
            by=asked.by,
            via=asked.via,
            reason=asked.reason if passed else _refusal(asked, judged),
            evidence=_evidence(asked, judged),
        )
    return Decided("promoted" if passed else "refused", _line(entry), after.champion, entry)


def is_requested(store: Store, name: str, number: int) -> bool:
    """Whether the alias champion points to this version."""
    return aliases_by_name(store, name).get(CHAMPION) == number


def idle(store: Store, name: str, asked: Asked, chain: Chain) -> Decided | None:
    """What to tell if there is nothing to do: it is the champion, or nobody asks for it by the alias any more."""
    if chain.champion == asked.version:
        return Decided("unchanged", f"v{asked.version} is the champion of {name} already.", chain.champion)
    if asked.via in BY_HAND and not is_requested(store, name, asked.version):
        return Decided("unchanged", f"nobody asks for v{asked.version} of {name} any more.", chain.champion)
    return None


def _settled_meanwhile(store: Store, name: str, asked: Asked, now: Chain) -> Decided | None:
    """The same, after the gates were asked: two may have taken care of one request by hand. A promotion by the same
    wish from elsewhere is a race, which one of the two loses; and while a person thought, the alias was put back."""
    return idle(store, name, asked, now) if asked.via in BY_HAND and not asked.approval else None


def _refusal(asked: Asked, judged: Judged) -> str:
    approval = asked.approval
    if judged.passed and approval:
        return f"not approved by {approval.get('approver') or 'anybody'}: {approval.get('reason') or 'no reason given'}"
    return judged.why_not if asked.via in BY_HAND else f"{judged.why_not} (asked: {asked.reason})"


def _evidence(asked: Asked, judged: Judged) -> dict[str, Any]:
    rules = [asdict(each) for each in judged.outcomes]
    approval = {"approval": dict(asked.approval)} if asked.approval else {}
    return {**judged.evidence, "rules": rules} | approval


def _line(entry: Entry) -> str:
    if entry.action == "promote":
        was = f", v{entry.before} was it" if entry.before is not None else ""
        return f"v{entry.version} is the champion of {entry.model}{was} (entry {entry.seq})."
    return f"v{entry.version} of {entry.model} does not become the champion: {entry.reason}"


def _digests(facts: Facts) -> dict[str, str]:
    return facts.verified.evidence | ({"test": facts.rows.md5} if facts.rows else {})
