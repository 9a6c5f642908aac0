"""Every rule of a promotion, held and not held."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.errors import GateError
from tasks.operations import PromoteSettings
from tasks.promotion.clean_process import Answers
from tasks.promotion.facts import Facts
from tasks.promotion.gate import RULES, judge
from tasks.promotion.test_rows import TestRows
from tasks.promotion.verified import Verified
from tasks.register.evidence import Evidence
from tasks.register.settings import RegisterSettings
from tasks.targets import LabelTarget

LABEL = LabelTarget()
GATE = [{"name": "baseline", "passed": True, "value": 0.2, "limit": 0.0, "why": "better"}]


@dataclass
class Found:
    """Facts of a model that holds everything; each field can be another."""

    milliseconds: float | None = 20.0
    megabytes: float = 3.0
    own_code: bool = True
    rows: Any = field(default_factory=lambda: TestRows("a" * 32, ["x"], ["b"], ()))
    accuracy: float | None = 0.9
    recorded: Any = 0.9
    loads: bool = True
    recalled: Any = None

    @property
    def facts(self) -> Facts:
        recorded = {} if self.recorded is None else {"accuracy": {"value": self.recorded}}
        statement = SimpleNamespace(results={"metrics": recorded, "gate": GATE}, materials={})
        verified = Verified(2, "run", Path(), statement, "p" * 64, 7, self.megabytes)  # type: ignore[arg-type]
        given = LABEL.score(["b"], ["b"], ["a", "b"])
        outputs = (np.array([0.2, 0.8]),)
        answers = Answers(("x",), LABEL, ("a", "b"), ("b",), outputs, self.milliseconds, self.own_code)
        metrics = {"accuracy": self.accuracy, "macro_f1": 0.9, "ece": 0.01}
        evidence = None if self.accuracy is None else Evidence(LABEL, metrics, given)
        told = answers if self.loads else GateError("it does not load")
        return Facts(verified, self.recalled, told, self.rows, evidence)


REFUSED = {
    "loads": [Found(loads=False), Found(own_code=False)],
    "test_rows": [Found(rows=None)],
    "as_measured": [Found(accuracy=0.88), Found(accuracy=None), Found(recorded=None)],
    "latency": [Found(milliseconds=60.0), Found(milliseconds=None), Found(loads=False)],
    "size": [Found(megabytes=11.0)],
    "recalled": [Found(recalled=SimpleNamespace(seq=4, reason="row 7"))],
}
CASES = [(name, found) for name, each in REFUSED.items() for found in each]


def outcome(name: str, found: Found, **changes: Any) -> Any:
    limits = PromoteSettings(**{"max_latency_ms": 50.0, "max_megabytes": 10.0, **changes})
    return next(rule.judge(found.facts, limits) for rule in RULES if rule.name == name)


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_a_good_version_holds_every_rule(name: str) -> None:
    assert outcome(name, Found()).passed is True


@pytest.mark.parametrize(("name", "found"), CASES)
def test_what_does_not_hold_is_refused_with_a_reason(name: str, found: Found) -> None:
    said = outcome(name, found)
    assert said.passed is False
    assert len(said.why) > 10


def test_every_rule_but_that_of_files_can_refuse_here() -> None:  # those raise before there are any facts
    assert {*REFUSED, "files"} == {rule.name for rule in RULES}


@pytest.mark.parametrize(("name", "key"), [("latency", "max_latency_ms"), ("size", "max_megabytes")])
def test_a_limit_of_null_turns_its_rule_off(name: str, key: str) -> None:
    assert outcome(name, Found(milliseconds=1e6, megabytes=1e6), **{key: None}).passed is None


def test_the_rules_of_register_are_asked_again_and_the_baseline_is_remembered() -> None:
    outcomes = {each.name: each for each in judge(Found().facts, PromoteSettings(), RegisterSettings())}
    assert {"finite", "min_accuracy", "min_macro_f1", "max_ece", "champion", "slices"} < outcomes.keys()
    assert outcomes["baseline"].why == "better (when registered)"
    assert (outcomes["beats_baseline"].passed, outcomes["beats_baseline"].why) == (
        None,
        "the version is older than this rule",
    )
    low = judge(Found(accuracy=0.3, recorded=0.3).facts, PromoteSettings(), RegisterSettings())
    assert [each.name for each in low if each.passed is False] == ["min_accuracy"]


@pytest.mark.parametrize(
    ("found", "last"), [(Found(rows=None, loads=False), "test_rows"), (Found(loads=False), "loads")]
)
def test_what_cannot_be_asked_is_not_told_as_a_second_failure(found: Found, last: str) -> None:
    outcomes = judge(found.facts, PromoteSettings(), RegisterSettings())
    assert [each.name for each in outcomes if each.passed is False] == [last]
