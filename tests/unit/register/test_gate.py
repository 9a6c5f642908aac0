from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tasks.register.evidence import Evidence, SliceScores
from tasks.register.gate import RULES, is_passed, judge, needs_champion
from tasks.register.paired import Difference
from tasks.register.settings import GateSettings, RegisterSettings
from tasks.scoring.bootstrap import RowScores
from tasks.targets import LabelTarget
from tasks.targets.number import NumberTarget

REGISTER = RegisterSettings()


def right(count: int, of: int = 100) -> np.ndarray:
    """The scores of rows of which the first are right."""
    return (np.arange(of) < count).astype(np.float64)


def rows(count: int) -> RowScores:
    return RowScores(right(count), lambda weights: {"accuracy": weights @ right(count) / weights.sum(axis=1)})


GOOD = Evidence(
    LabelTarget(),
    metrics={"accuracy": 0.9, "macro_f1": 0.88, "ece": 0.03},
    model=rows(90),
    baselines={"majority": Difference(0.7, 0.6, 0.8), "tfidf_linear": Difference(0.02, -0.01, 0.05)},
    champion=rows(88),
    slices={"short": SliceScores(right(40, 50), right(40, 50))},
    has_champion=True,
)
BAD: dict[str, dict[str, Any]] = {
    "finite": {"metrics": GOOD.metrics | {"log_loss": float("inf")}},
    "min_accuracy": {"metrics": GOOD.metrics | {"accuracy": 0.49}},
    "min_macro_f1": {"metrics": GOOD.metrics | {"macro_f1": float("nan")}},
    "max_ece": {"metrics": GOOD.metrics | {"ece": 0.16}},
    "baseline": {"baselines": GOOD.baselines | {"frozen_linear": Difference(-0.03, -0.05, -0.01)}},
    "beats_baseline": {"has_champion": False},
    "champion": {"champion": rows(99)},
    "slices": {"slices": {"short": SliceScores(right(30, 50), right(45, 50))}},
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
    assert outcome("champion", replace(GOOD, champion=rows(91))).passed is True


def test_a_tolerated_loss_passes() -> None:
    register = replace(REGISTER, gate=GateSettings(champion_tolerance=0.2))
    assert outcome("champion", replace(GOOD, champion=rows(99)), register).passed is True


def test_small_slices_are_not_judged() -> None:
    small = {"short": SliceScores(right(0, 29), right(29, 29))}
    assert outcome("slices", replace(GOOD, slices=small)).passed is True


def test_a_slice_of_the_least_rows_is_judged() -> None:
    assert outcome("slices", replace(GOOD, slices={"short": SliceScores(right(0, 30), right(30, 30))})).passed is False


def test_a_sure_loss_on_a_slice_that_is_tolerated_passes() -> None:
    """10 rows of 50 lost and none won: sure, and a fifth of the slice."""
    lost = {"short": SliceScores(right(30, 50), right(40, 50))}
    for tolerance, passed in ((0.19, False), (0.2, True)):
        register = replace(REGISTER, gate=GateSettings(slice_tolerance=tolerance))
        assert outcome("slices", replace(GOOD, slices=lost), register).passed is passed


def test_many_slices_raise_no_false_alarm() -> None:
    """7 rows of 50 lost and none won: p = 2⁻⁷ = 0.0078, sure for one slice but not for one of seventy-seven."""
    lost = SliceScores(right(40, 50), right(47, 50))
    assert outcome("slices", replace(GOOD, slices={"one": lost})).passed is False
    many = {f"label {position}": lost for position in range(77)}
    assert outcome("slices", replace(GOOD, slices=many)).passed is True


def test_the_worst_slice_is_named_first() -> None:
    slices = {"bad": SliceScores(right(30, 50), right(45, 50)), "worse": SliceScores(right(10, 50), right(45, 50))}
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


def gate(**settings: Any) -> RegisterSettings:
    return replace(REGISTER, gate=GateSettings(**settings))


NUMBER = replace(GOOD, champion=None, slices={}, target=NumberTarget(), metrics={"spearman": 0.4, "rmse": 0.9})


@pytest.mark.parametrize(
    ("settings", "name", "passed", "why"),
    [
        ({"min": {"spearman": 0.3}}, "min.spearman", True, "spearman 0.400 ≥ 0.3"),
        ({"min": {"spearman": 0.5}}, "min.spearman", False, "spearman 0.400 < 0.5"),
        ({"max": {"rmse": 1.0}}, "max.rmse", True, "rmse 0.900 ≤ 1"),
        ({"max": {"rmse": 0.8}}, "max.rmse", False, "rmse 0.900 > 0.8"),
        ({"max": {"mae": 0.8}}, "max.mae", False, "mae was not measured"),
    ],
)
def test_any_metric_of_the_target_can_have_a_limit(settings: Any, name: str, passed: bool, why: str) -> None:
    found = outcome(name, NUMBER, gate(**settings))
    assert (found.passed, found.why) == (passed, why)


def test_a_limit_of_another_targets_metric_does_not_apply_and_is_no_rule_that_is_off() -> None:
    """params.yaml of a project that had one label a row keeps its min_macro_f1."""
    found = outcome("min_macro_f1", NUMBER)
    assert found.passed is None
    assert found.limit == 0.5
    assert found.why == "does not apply: macro_f1 is no metric of a number a row"


@pytest.mark.parametrize(("limit", "passed"), [(0.6, True), (0.7, False)])
def test_a_further_test_set_can_have_a_floor(limit: float, passed: bool) -> None:
    evidence = replace(GOOD, extra={"shifted": {"accuracy": 0.65}, "other": {"accuracy": 0.1}})
    register = gate(min_extra={"shifted": {"accuracy": limit}})
    found = outcome("min_extra.shifted.accuracy", evidence, register)
    assert (found.passed, found.value) == (passed, 0.65)
    assert found.why.startswith("shifted: accuracy 0.650")
    assert is_passed(judge(evidence, register)) is passed  # a set without a floor is only reported


def test_a_floor_on_a_test_set_that_was_not_measured_is_not_held() -> None:
    found = outcome("min_extra.shifted.accuracy", GOOD, gate(min_extra={"shifted": {"accuracy": 0.1}}))
    assert found.passed is False
    assert "run evaluate again" in found.why


def test_a_sure_loss_of_score_on_a_slice_is_refused_and_an_accident_is_not() -> None:
    """Each of 40 rows worse by 0.1 is sure; half of them worse and half better by the same is nothing."""
    sure = SliceScores(np.full(40, 0.5), np.full(40, 0.6))
    even = SliceScores(np.full(40, 0.5) + np.tile([0.1, -0.1], 20), np.full(40, 0.5))
    assert "short -0.100" in outcome("slices", replace(GOOD, slices={"short": sure})).why
    assert outcome("slices", replace(GOOD, slices={"short": even})).passed is True
