"""facts → what every rule says: may this version become the champion?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from tasks.operations import PromoteSettings
from tasks.promotion.facts import Facts
from tasks.promotion.rules.as_measured import AsMeasured
from tasks.promotion.rules.files import Files
from tasks.promotion.rules.latency import Latency
from tasks.promotion.rules.loads import Loads
from tasks.promotion.rules.recalled import NotRecalled
from tasks.promotion.rules.size import Size
from tasks.promotion.rules.test_rows import ReachableRows
from tasks.register import gate
from tasks.register.rules import BeatsBaseline, BestBaseline, Outcome
from tasks.register.settings import RegisterSettings


class Rule(Protocol):
    """One condition; `judge` gives its outcome."""

    @property
    def name(self) -> str: ...

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome: ...


RULES: tuple[Rule, ...] = (Files(), Size(), NotRecalled(), ReachableRows(), Loads(), AsMeasured(), Latency())
NEEDED = frozenset({ReachableRows.name, Loads.name})
"""Without these nothing else can be asked."""
REMEMBERED = frozenset({BestBaseline.name, BeatsBaseline.name})
"""Baselines are not trained again: the rows, the model and so the difference are the same as when it was registered.
So are the numbers on further test sets, which are held against today's limits."""


def judge(facts: Facts, promote: PromoteSettings, register: RegisterSettings) -> list[Outcome]:
    """What every rule says, in order; those of register are asked again on answers given just now.

    After a rule without which nothing else can be asked has failed, the others say nothing.
    """
    outcomes: list[Outcome] = []
    for rule in RULES:
        outcomes.append(rule.judge(facts, promote))
        if rule.name in NEEDED and not outcomes[-1].passed:
            return outcomes
    if facts.evidence is None:
        return outcomes
    results = facts.verified.statement.results
    recorded = {each["name"]: each for each in results.get("gate", [])}
    evidence = replace(facts.evidence, extra=results.get("extra", {}))
    for other in gate.rules(register):
        if other.name in REMEMBERED:
            outcomes.append(_remembered(other.name, recorded.get(other.name)))
        else:
            outcomes.append(other.judge(evidence, register))
    return outcomes


def _remembered(name: str, recorded: Mapping[str, Any] | None) -> Outcome:
    if recorded is None and name == BeatsBaseline.name:
        return Outcome(name, None, None, None, "the version is older than this rule")
    if recorded is None:
        return Outcome(name, False, None, None, "its statement tells no baseline")
    why = f"{recorded.get('why')} (when registered)"
    return Outcome(name, recorded.get("passed"), recorded.get("value"), recorded.get("limit"), why)
