"""Who is taken, and the words for it."""

import pytest

from tasks.comparison.pareto import pareto_front
from tasks.comparison.verdict import Standing, pick, verdict_words

EVEN = {"full": Standing(0.80, 100.0, None), "lora": Standing(0.79, 40.0, 0.6), "head": Standing(0.78, 5.0, 0.05)}


def test_no_difference_shown_is_said_and_the_cheapest_is_taken() -> None:
    assert pick(EVEN) == "head"
    words = verdict_words(EVEN, "macro F1", 3)
    assert words.startswith("No difference shown between full, lora and head; the highest is full (macro F1 0.800")
    assert "Take head" in words
    assert "0.05 of full's CPU time" in words
    assert "seed" not in words


def test_of_equally_dear_ones_the_better_is_taken() -> None:
    standings = {"full": Standing(0.8, 8.0, None), "lora": Standing(0.7, 8.0, 0.5)}
    assert pick(standings) == "full"
    assert "Take full: none of them is cheaper." in verdict_words(standings, "macro F1", 2)


def test_who_is_shown_worse_is_never_taken_however_cheap() -> None:
    standings = EVEN | {"head": Standing(0.70, 5.0, 0.049)}
    assert pick(standings) == "lora"
    words = verdict_words(standings, "macro F1", 3)
    assert "full has the highest macro F1 0.800 on val, but no difference is shown to lora." in words
    assert "Shown worse: head." in words


def test_a_clear_best_is_taken_whatever_it_costs() -> None:
    standings = {
        "full": Standing(0.80, 100.0, None),
        "lora": Standing(0.6, 40.0, 0.001),
        "head": Standing(0.5, 5, 0.001),
    }
    assert pick(standings) == "full"
    assert verdict_words(standings, "accuracy", 1).startswith(
        "full is the best (accuracy 0.800 on val), and shown better"
    )


def test_one_seed_and_one_candidate_are_called_what_they_are() -> None:
    alone = {"full": Standing(0.8, 100.0, None)}
    words = verdict_words(alone, "accuracy", 1)
    assert "nothing to compare it with" in words
    assert "One seed each" in words


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ({"a": (1, 0.5), "b": (2, 0.6), "c": (3, 0.55)}, {"a", "b"}),
        ({"a": (1, 0.5), "b": (1, 0.5)}, {"a", "b"}),  # equal ones do not beat one another
        ({"a": (1, 0.5), "b": (1, 0.6)}, {"b"}),
        ({"a": (2, 0.5), "b": (1, 0.5)}, {"b"}),
        ({}, set()),
    ],
)
def test_pareto_front(points: dict[str, tuple[float, float]], front: set[str]) -> None:
    assert pareto_front(points) == front
