"""evidence → what every rule says: may this model become a version?"""

from typing import Protocol

from tasks.register.evidence import Evidence
from tasks.register.rules import BeatsBaseline, BestBaseline, Bound, Champion, Finite, Outcome, Slices, bounds
from tasks.register.settings import RegisterSettings


class Rule(Protocol):
    """One condition; `judge` gives its outcome."""

    @property
    def name(self) -> str: ...

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome: ...


RULES: tuple[Rule, ...] = (
    Finite(),
    Bound("min_accuracy", "accuracy", is_least=True),
    Bound("min_macro_f1", "macro_f1", is_least=True),
    Bound("max_ece", "ece", is_least=False),
    BestBaseline(),
    BeatsBaseline(),
    Champion(),
    Slices(),
)


def judge(evidence: Evidence, register: RegisterSettings) -> list[Outcome]:
    """What every rule says, in order."""
    return [rule.judge(evidence, register) for rule in rules(register)]


def rules(register: RegisterSettings) -> tuple[Rule, ...]:
    """All rules in order, those that the settings name last."""
    return (*RULES, *bounds(register))


def is_passed(outcomes: list[Outcome]) -> bool:
    """Whether no rule that is on said no."""
    return all(outcome.passed is not False for outcome in outcomes)


def needs_champion(register: RegisterSettings) -> bool:
    """Whether any rule that is on looks at the champion."""
    return register.gate.champion_tolerance is not None or register.gate.slice_tolerance is not None
