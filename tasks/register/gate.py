"""evidence → what every rule says: may this model become a version?"""

from typing import Protocol

from tasks.register.evidence import Evidence
from tasks.register.rules import AtLeast, AtMost, BeatsBaseline, BestBaseline, Champion, Finite, Outcome, Slices
from tasks.register.settings import RegisterSettings


class Rule(Protocol):
    """One condition; `judge` gives its outcome."""

    @property
    def name(self) -> str: ...

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome: ...


RULES: tuple[Rule, ...] = (
    Finite(),
    AtLeast("min_accuracy", "accuracy"),
    AtLeast("min_macro_f1", "macro_f1"),
    AtMost("max_ece", "ece"),
    BestBaseline(),
    BeatsBaseline(),
    Champion(),
    Slices(),
)


def judge(evidence: Evidence, register: RegisterSettings) -> list[Outcome]:
    """What every rule says, in order."""
    return [rule.judge(evidence, register) for rule in RULES]


def is_passed(outcomes: list[Outcome]) -> bool:
    """Whether no rule that is on said no."""
    return all(outcome.passed is not False for outcome in outcomes)


def needs_champion(register: RegisterSettings) -> bool:
    """Whether any rule that is on looks at the champion."""
    return register.gate.champion_tolerance is not None or register.gate.slice_tolerance is not None
