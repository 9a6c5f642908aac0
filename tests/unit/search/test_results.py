"""Trials of a search → the best of those that were trained to their end."""

from types import SimpleNamespace
from typing import Any

import pytest

from tasks.errors import GateError
from tasks.problem import ProblemSettings
from tasks.search.results import summarise
from tasks.search.space import Range
from tasks.search.study import Try

PLAN: Any = SimpleNamespace(
    name="a" * 16,
    space={"finetune.learning_rate": Range(1e-5, 1e-1, log=True)},
    config=SimpleNamespace(finetune=SimpleNamespace(strategy=SimpleNamespace(kind="lora")), problem=ProblemSettings()),
    lines=lambda point: {"finetune": {"learning_rate": point["finetune.learning_rate"]}},
    words=str,
)


def tried(number: int, rate: float, state: str, score: float, reason: str = "") -> Try:
    result = {} if state == "failed" else {"val_score": score, "curve": [score], "cpu_seconds": 1.0}
    return Try(number, {"finetune.learning_rate": rate}, state, score if state == "complete" else None, result, reason)


def test_the_best_is_the_highest_that_came_to_its_end_and_the_first_of_equals() -> None:
    tries = [
        tried(0, 0.001, "complete", 0.5),
        tried(1, 0.002, "pruned", 0.9),
        tried(3, 0.003, "failed", 0.0, "it died"),
        tried(4, 0.004, "complete", 0.7),
        tried(5, 0.005, "complete", 0.7),
    ]
    found = summarise(PLAN, tries, {})
    assert (found["best"]["trial"], found["best"]["val_score"]) == (4, 0.7)
    assert found["lines"] == "finetune: {learning_rate: 0.004}\n"
    assert [(each["trial"], each["state"], each["value"]) for each in found["trials"]] == [
        (1, "complete", 0.5),
        (2, "pruned", None),
        (3, "failed", None),
        (4, "complete", 0.7),
        (5, "complete", 0.7),
    ]


def test_a_memory_from_before_scores_had_one_name_is_read() -> None:
    old = Try(0, {"finetune.learning_rate": 0.1}, "complete", 0.4, {"val_macro_f1": 0.4, "curve": [0.4]})
    assert summarise(PLAN, [old], {})["best"]["val_score"] == 0.4


def test_without_a_trial_that_came_to_its_end_there_is_no_best() -> None:
    with pytest.raises(GateError, match="it died"):
        summarise(PLAN, [tried(0, 0.1, "pruned", 0.9), tried(1, 0.1, "failed", 0.0, "it died.")], {})
    with pytest.raises(GateError, match="the time was over"):
        summarise(PLAN, [], {})
