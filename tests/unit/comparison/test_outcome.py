"""Finished trainings → who is best, who is taken, at which cost."""

from typing import Any

import pytest

from tasks.comparison.budget import Budget
from tasks.comparison.outcome import Finished, decide
from tasks.errors import IntegrityError
from tasks.scoring.bootstrap import Draws
from tasks.targets import LabelTarget

DRAWS = Draws(resamples=500, confidence=0.95, seed=0)
TRUTH = ["no", "yes"] * 50
OTHER = {"no": "yes", "yes": "no"}
LABEL = LabelTarget()
BY_EPOCHS = Budget(epochs=2)


def finished(name: str, wrong: int, seconds: float = 10.0, size: int = 100, **answers: Any) -> Finished:
    """With two seeds; the first `wrong` of 100 rows are wrong with both."""
    given = [OTHER[each] for each in TRUTH[:wrong]] + TRUTH[wrong:]
    result = {"cpu_seconds": seconds, "bytes": size, "trainable": 5, "total": 9, "curve": [0.1, 0.2, 0.3]}
    said = {
        "rows": [str(row) for row in range(100)],
        "truth": TRUTH,
        "answers": given,
        "labels": ["no", "yes"],
        **answers,
    }
    return Finished(name, {"finetune": {"epochs": 3}}, [result, result | {"cpu_seconds": seconds + 2}], [said, said])


def test_best_winner_and_distance_are_told_apart() -> None:
    """40 rows more wrong is shown worse; one row more is not, and that candidate is a tenth as dear."""
    candidates = [finished("bad", 50, 0.5), finished("cheap", 11, 1.0), finished("best", 10, 10.0)]
    found = decide(candidates, BY_EPOCHS, "accuracy", LABEL, DRAWS)
    assert (found["best"], found["winner"], found["rows"]) == ("best", "cheap", 100)
    assert [each["name"] for each in found["candidates"]] == ["best", "cheap", "bad"]
    best, cheap, bad = found["candidates"]
    assert "behind" not in best
    assert (cheap["behind"]["value"], cheap["behind"]["is_shown"]) == (0.01, False)
    assert (bad["behind"]["value"], bad["behind"]["is_shown"]) == (0.4, True)
    assert bad["behind"]["p_corrected"] == pytest.approx(2 * bad["behind"]["p"], abs=1e-5)  # Holm: the smallest of two
    assert best["cpu_seconds"] == 11.0
    assert (best["by_seed"], best["epochs"]) == ([0.9, 0.9], [3, 3])
    assert best["accuracy"]["low"] < best["accuracy"]["value"] == 0.9 < best["accuracy"]["high"]


def test_fronts_are_by_cost_and_by_size() -> None:
    candidates = [finished("best", 10, 9.0, 100), finished("dear", 12, 20.0, 10), finished("quick", 30, 1.0, 200)]
    rows = {each["name"]: each for each in decide(candidates, BY_EPOCHS, "accuracy", LABEL, DRAWS)["candidates"]}
    assert [name for name in rows if rows[name]["on_cost_front"]] == ["best", "quick"]
    assert [name for name in rows if rows[name]["on_size_front"]] == ["best", "dear"]


def test_of_those_who_spent_the_budget_the_better_is_taken_and_not_the_one_who_stopped_sooner() -> None:
    candidates = [finished("one", 10, 5.4), finished("other", 11, 4.2)]
    assert decide(candidates, BY_EPOCHS, "accuracy", LABEL, DRAWS)["winner"] == "other"
    assert decide(candidates, Budget(seconds=5.0), "accuracy", LABEL, DRAWS)["winner"] == "one"


@pytest.mark.parametrize("other", [{"rows": [f"{row}x" for row in range(100)]}, {"truth": TRUTH[::-1]}])
def test_answers_to_other_rows_are_not_compared(other: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="other val rows than one"):
        decide([finished("one", 10), finished("other", 11, **other)], BY_EPOCHS, "accuracy", LABEL, DRAWS)


def test_the_metric_that_is_asked_for_decides() -> None:
    """90 rows of label 0 and 10 of label 1: all 0 is 0.9 accurate with macro F1 0.47; 15 false ones give 0.85, 0.74."""
    truth = ["no"] * 90 + ["yes"] * 10
    lazy, eager = ["no"] * 100, ["no"] * 75 + ["yes"] * 25
    candidates = [finished(name, 0, truth=truth, answers=given) for name, given in (("lazy", lazy), ("eager", eager))]
    assert decide(candidates, BY_EPOCHS, "accuracy", LABEL, DRAWS)["best"] == "lazy"
    assert decide(candidates, BY_EPOCHS, "macro_f1", LABEL, DRAWS)["best"] == "eager"
