from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tasks.register.evidence import Evidence, SliceRows
from tasks.register.gate import RULES, is_passed, judge, needs_champion
from tasks.register.paired import Difference
from tasks.register.settings import GateSettings, RegisterSettings
from tasks.register.verdict import verdict_line

REGISTER = RegisterSettings()


def right(count: int, of: int = 100) -> np.ndarray:
    return np.arange(of) < count


GOOD = Evidence(
    metrics={"accuracy": 0.9, "macro_f1": 0.88, "ece": 0.03},
    correct=right(90),
    baselines={"majority": Difference(0.7, 0.6, 0.8), "tfidf_linear": Difference(0.02, -0.01, 0.05)},
    champion=right(88),
    slices={"short": SliceRows(right(40, 50), right(40, 50))},
    has_champion=True,
)
BAD: dict[str, dict[str, Any]] = {
    "finite": {"metrics": GOOD.metrics | {"log_loss": float("inf")}},
    "min_accuracy": {"metrics": GOOD.metrics | {"accuracy": 0.49}},
    "min_macro_f1": {"metrics": GOOD.metrics | {"macro_f1": float("nan")}},
    "max_ece": {"metrics": GOOD.metrics | {"ece": 0.16}},
    "baseline": {"baselines": GOOD.baselines | {"frozen_linear": Difference(-0.03, -0.05, -0.01)}},
    "beats_baseline": {"has_champion": False},
    "champion": {"champion": right(99)},
    "slices": {"slices": {"short": SliceRows(right(30, 50), right(45, 50))}},
}
OFF: dict[str, dict[str, Any]] = {
    "finite": {"finite": False},
    "min_accuracy": {"min_accuracy": None},
    "min_macro_f1": {"min_macro_f1": None},
    "max_ece": {"max_ece": None},
    "baseline": {"baseline_tolerance": None},
    "beats_baseline": {"beats_baseline": "never"},
    "champion": {"champion_tolerance": None},
    "slices": {"slice_tolerance": None},
}
NAMES = [rule.name for rule in RULES]


def outcome(name: str, evidence: Evidence, register: RegisterSettings = REGISTER) -> Any:
    return next(each for each in judge(evidence, register) if each.name == name)


def test_a_good_model_passes() -> None:
    outcomes = judge(GOOD, REGISTER)
    assert is_passed(outcomes)
    assert [each.passed for each in outcomes] == [True] * len(RULES)


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_alone_refuses(name: str) -> None:
    outcomes = judge(replace(GOOD, **BAD[name]), REGISTER)
    assert not is_passed(outcomes)
    assert {each.name for each in outcomes if each.passed is False} >= {name}


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_can_be_turned_off_and_says_so(name: str) -> None:
    register = replace(REGISTER, gate=GateSettings(**OFF[name]))
    off = outcome(name, replace(GOOD, **BAD[name]), register)
    assert off.passed is None
    assert "params.yaml" in off.why


@pytest.mark.parametrize("name", ["champion", "slices"])
def test_without_a_champion_there_is_nothing_to_fall_behind(name: str) -> None:
    assert outcome(name, replace(GOOD, champion=None, slices={})).why == "there is no champion yet"


@pytest.mark.parametrize(("rule", "metric", "limit"), [("min_accuracy", "accuracy", 0.5), ("max_ece", "ece", 0.15)])
def test_a_metric_at_its_limit_passes(rule: str, metric: str, limit: float) -> None:
    register = replace(REGISTER, gate=GateSettings(**{rule: limit}))
    assert outcome(rule, replace(GOOD, metrics=GOOD.metrics | {metric: limit}), register).passed is True


def test_without_baselines_the_gate_says_no() -> None:
    assert outcome("baseline", replace(GOOD, baselines={})).passed is False


def test_the_best_baseline_is_the_one_that_counts() -> None:
    assert "tfidf_linear" in outcome("baseline", GOOD).why


def test_a_loss_that_may_be_an_accident_passes() -> None:
    """One row of 100 lost: the interval reaches 0."""
    assert outcome("champion", replace(GOOD, champion=right(91))).passed is True


def test_a_tolerated_loss_passes() -> None:
    register = replace(REGISTER, gate=GateSettings(champion_tolerance=0.2))
    assert outcome("champion", replace(GOOD, champion=right(99)), register).passed is True


def test_small_slices_are_not_judged() -> None:
    small = {"short": SliceRows(right(0, 29), right(29, 29))}
    assert outcome("slices", replace(GOOD, slices=small)).passed is True


def test_a_slice_of_the_least_rows_is_judged() -> None:
    assert outcome("slices", replace(GOOD, slices={"short": SliceRows(right(0, 30), right(30, 30))})).passed is False


def test_a_sure_loss_on_a_slice_that_is_tolerated_passes() -> None:
    """10 rows of 50 lost and none won: sure, and a fifth of the slice."""
    lost = {"short": SliceRows(right(30, 50), right(40, 50))}
    for tolerance, passed in ((0.19, False), (0.2, True)):
        register = replace(REGISTER, gate=GateSettings(slice_tolerance=tolerance))
        assert outcome("slices", replace(GOOD, slices=lost), register).passed is passed


def test_many_slices_raise_no_false_alarm() -> None:
    """7 rows of 50 lost and none won: p = 2⁻⁷ = 0.0078, sure for one slice but not for one of seventy-seven."""
    lost = SliceRows(right(40, 50), right(47, 50))
    assert outcome("slices", replace(GOOD, slices={"one": lost})).passed is False
    many = {f"label {position}": lost for position in range(77)}
    assert outcome("slices", replace(GOOD, slices=many)).passed is True


def test_the_worst_slice_is_named_first() -> None:
    slices = {"bad": SliceRows(right(30, 50), right(45, 50)), "worse": SliceRows(right(10, 50), right(45, 50))}
    assert outcome("slices", replace(GOOD, slices=slices)).why.endswith("worse -0.700, bad -0.300")


def test_the_champion_is_only_read_when_a_rule_asks() -> None:
    assert needs_champion(REGISTER)
    assert not needs_champion(replace(REGISTER, gate=GateSettings(champion_tolerance=None, slice_tolerance=None)))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
@pytest.mark.parametrize(("rule", "metric"), [("min_accuracy", "accuracy"), ("max_ece", "ece")])
def test_what_is_no_finite_number_holds_no_limit(rule: str, metric: str, value: float | None) -> None:
    found = outcome(rule, replace(GOOD, metrics=GOOD.metrics | {metric: value}))
    assert (found.passed, found.value) == (False, None)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_baseline_without_a_number_is_not_beaten(value: float) -> None:
    baselines = GOOD.baselines | {"frozen_linear": Difference(value, value, value)}
    found = outcome("baseline", replace(GOOD, baselines=baselines))
    assert (found.passed, found.value) == (False, None)
    assert "frozen_linear is no finite number" in found.why


def against(low: float, high: float, **changes: Any) -> Evidence:
    baselines = {"majority": Difference(0.7, 0.6, 0.8), "tfidf_linear": Difference((low + high) / 2, low, high)}
    return replace(GOOD, baselines=baselines, champion=None, slices={}, **{"has_champion": False} | changes)


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
    evidence = against(0.01, 0.05, metric="spearman")
    assert outcome("baseline", evidence).why.startswith("spearman +0.030")
    assert outcome("beats_baseline", evidence).why.startswith("spearman +0.030")


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
