"""A first version beats the best baseline; and the words that rules and verdict have for an interval."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tasks.register.evidence import Evidence
from tasks.register.gate import judge
from tasks.register.paired import Difference
from tasks.register.rules import Outcome
from tasks.register.settings import GateSettings, RegisterSettings
from tasks.register.verdict import verdict_line
from tasks.scoring.bootstrap import RowScores
from tasks.targets import LabelTarget
from tasks.targets.number import NumberTarget

REGISTER = RegisterSettings()
METRICS = {"accuracy": 0.9, "macro_f1": 0.88, "ece": 0.03}
MODEL = RowScores(np.ones(4), lambda weights: {"accuracy": np.ones(len(weights))})


def outcome(name: str, evidence: Evidence, register: RegisterSettings = REGISTER) -> Outcome:
    return next(each for each in judge(evidence, register) if each.name == name)


def against(low: float, high: float, **changes: Any) -> Evidence:
    baselines = {"majority": Difference(0.7, 0.6, 0.8), "tfidf_linear": Difference((low + high) / 2, low, high)}
    return replace(Evidence(LabelTarget(), metrics=METRICS, model=MODEL, baselines=baselines), **changes)


def test_a_first_version_must_be_surely_better_than_the_best_baseline() -> None:
    assert outcome("beats_baseline", against(0.01, 0.05)).passed is True
    refused = outcome("beats_baseline", against(-0.02, 0.08))
    assert refused.passed is False
    assert refused.why.startswith("accuracy +0.030 [-0.020, +0.080]: not shown to be better than tfidf_linear (")
    assert "register.gate.beats_baseline: never" in refused.why
    assert outcome("beats_baseline", against(0.0, 0.05)).passed is False
    assert outcome("beats_baseline", replace(against(0, 0), baselines={})).passed is False
    assert outcome("beats_baseline", against(float("nan"), 0.1)).passed is False


@pytest.mark.parametrize(
    ("when", "has_champion", "passed"),
    [("first_version", True, True), ("always", True, False), ("always", False, False), ("never", False, None)],
)
def test_later_versions_must_be_so_if_the_settings_say_always(when: Any, has_champion: bool, passed: Any) -> None:
    register = replace(REGISTER, gate=GateSettings(beats_baseline=when))
    assert outcome("beats_baseline", against(-0.02, 0.075, has_champion=has_champion), register).passed is passed


@pytest.mark.parametrize(
    ("low", "high", "tolerance", "words"),
    [
        (0.01, 0.03, 0.0, "surely better than tfidf_linear"),
        (-0.02, 0.075, 0.0, "not shown to be better or worse than tfidf_linear"),
        (-0.05, -0.01, 0.02, "worse than tfidf_linear, as tolerated"),
        (-0.05, -0.03, 0.0, "surely worse than tfidf_linear"),
        (-0.05, -0.03, 0.02, "surely worse than tfidf_linear, by more than 0.02"),
    ],
)
def test_the_rule_says_in_plain_words_what_the_interval_shows(
    low: float, high: float, tolerance: float, words: str
) -> None:
    register = replace(REGISTER, gate=GateSettings(baseline_tolerance=tolerance))
    assert outcome("baseline", against(low, high), register).why.endswith(f": {words}")


def test_words_name_the_metric_that_the_differences_are_of() -> None:
    evidence = against(0.01, 0.05, target=NumberTarget())
    assert outcome("baseline", evidence).why.startswith("Spearman correlation +0.030")
    assert outcome("beats_baseline", evidence).why.startswith("Spearman correlation +0.030")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.05, "+0.030 over the best baseline (tfidf_linear)"),
        (-0.045, 0.017, "-0.014 against the best baseline: not shown to be better than tfidf_linear"),
    ],
)
def test_verdict_warns_where_nothing_shows_that_the_model_is_better_than_the_best_baseline(
    low: float, high: float, words: str
) -> None:
    register = replace(REGISTER, gate=GateSettings(beats_baseline="never"))
    evidence = against(low, high)
    metrics = {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}}
    line = verdict_line(judge(evidence, register), metrics, evidence, None)
    assert line == f"PASS accuracy 0.900 [0.800, 0.950], {words} (off: beats_baseline)"
