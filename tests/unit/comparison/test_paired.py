"""Paired statistics: worked by hand, or true for every input."""

import numpy as np
import pytest

from tasks.comparison.paired import Answered, Measured, against_best, differ, holm, measure, seed_weights
from tasks.scoring.bootstrap import Draws
from tasks.targets import LabelTarget
from tasks.targets.number import NumberTarget

DRAWS = Draws(resamples=2000, confidence=0.95, seed=0)
TRUTH = ["no", "yes"] * 50
OTHER = {"no": "yes", "yes": "no"}


def _answered(*wrong: int) -> Answered:
    """The first so many rows are wrong, with one seed each."""
    answers = [[OTHER[each] for each in TRUTH[:count]] + TRUTH[count:] for count in wrong]
    return Answered(LabelTarget(), TRUTH, answers, [("no", "yes")] * len(wrong))


def _measured(samples: list[float], value: float = 0.0) -> Measured:
    return Measured(value, np.array([value]), np.array(samples))


def test_holm_as_in_his_paper() -> None:
    """Sorted 0.01 0.02 0.03 0.04 × 4 3 2 1 = 0.04 0.06 0.06 0.04, and none is below one before it."""
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_holm_of_one_is_itself_and_none_exceeds_one() -> None:
    assert holm([0.03]) == [0.03]
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_score_is_the_mean_over_seeds() -> None:
    """Wrong in 10 of 100 rows with one seed and in 30 with the other: 0.9 and 0.7."""
    found = measure(_answered(10, 30), DRAWS)["accuracy"]
    assert found.by_seed == pytest.approx([0.9, 0.7])
    assert found.value == pytest.approx(0.8)


def test_macro_f1_is_that_of_the_definition() -> None:
    """TRUTH 0 1 0 1 …, the first two rows wrong: 49 of 50 hits each, 50 guesses each: F1 = 2·49 / 100 = 0.98."""
    assert measure(_answered(2, 2), DRAWS)["macro_f1"].value == pytest.approx(0.98)


def test_the_same_answers_differ_by_nothing() -> None:
    one, other = measure(_answered(7, 7), DRAWS)["macro_f1"], measure(_answered(7, 7), DRAWS)["macro_f1"]
    found = differ(one, other, DRAWS)
    assert (found.value, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_pairing_makes_a_small_steady_difference_visible() -> None:
    """Right wherever the other is, and on 8 rows more: in no resample can it be below; p = 2 · (1 + ties) / 2001."""
    one, other = measure(_answered(20, 20), DRAWS)["accuracy"], measure(_answered(28, 28), DRAWS)["accuracy"]
    found = differ(one, other, DRAWS)
    ties = int((one.samples == other.samples).sum())
    assert found.value == pytest.approx(0.08)
    assert found.low > 0
    assert found.p == pytest.approx(2 * (ties + 1) / 2001)


def test_p_counts_the_smaller_side_twice_and_is_never_zero() -> None:
    """Of 9 resamples 2 are not above zero: 2 · (2 + 1) / (9 + 1) = 0.6; with none: 2 / 10."""
    assert differ(_measured([1, 1, 1, 1, 1, 1, 1, -1, 0]), _measured([0] * 9), DRAWS).p == pytest.approx(0.6)
    assert differ(_measured([1] * 9), _measured([0] * 9), DRAWS).p == pytest.approx(0.2)


def test_seeds_are_drawn_whole_and_alike_for_every_candidate() -> None:
    drawn = seed_weights(3, DRAWS)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(2000))
    assert (drawn == seed_weights(3, DRAWS)).all()
    assert (seed_weights(1, DRAWS) == 1).all()
    assert drawn.std(axis=0).min() > 0.1


def test_rows_are_drawn_alike_for_every_seed() -> None:
    """Wrong in the same rows whatever the seed: more seeds are no more rows, and the interval is no narrower."""
    one, three = measure(_answered(20), DRAWS), measure(_answered(20, 20, 20), DRAWS)
    assert three["accuracy"].samples == pytest.approx(one["accuracy"].samples)
    assert three["macro_f1"].samples == pytest.approx(one["macro_f1"].samples)


def test_interval_is_wider_when_seeds_disagree() -> None:
    even = measure(_answered(20, 20), DRAWS)["accuracy"]
    odd = measure(_answered(0, 40), DRAWS)["accuracy"]
    assert odd.value == even.value
    assert odd.samples.std() > 2 * even.samples.std()


def test_everybody_is_held_against_the_best_with_correction() -> None:
    scores = {
        name: measure(_answered(wrong, wrong), DRAWS)["accuracy"] for name, wrong in (("a", 30), ("b", 10), ("c", 12))
    }
    best, leads = against_best(scores, DRAWS)
    assert best == "b"
    assert list(leads) == ["a", "c"]
    assert leads["a"][0].value == pytest.approx(0.2)
    assert leads["a"][1] == pytest.approx(2 * leads["a"][0].p)
    assert leads["c"][1] >= leads["c"][0].p


def test_of_an_error_the_lowest_is_the_best_and_leads_by_how_much_it_is_lower() -> None:
    """Errors of 1 and of 3 in every row: the mean absolute error is 1 and 3, the lead 2 in every resample."""
    truth = [str(float(row)) for row in range(40)]
    off = {by: [[str(row + by) for row in range(40)]] for by in (1.0, 3.0)}
    scores = {f"off by {by:g}": measure(Answered(NumberTarget(), truth, off[by], [()]), DRAWS)["mae"] for by in off}
    best, leads = against_best(scores, DRAWS, lower_is_better=True)
    assert best == "off by 1"
    assert (leads["off by 3"][0].value, leads["off by 3"][0].low) == (2.0, 2.0)


def test_a_correlation_with_answers_that_are_all_the_same_counts_as_nothing() -> None:
    truth = [str(float(row)) for row in range(40)]
    assert measure(Answered(NumberTarget(), truth, [["1.0"] * 40], [()]), DRAWS)["spearman"].value == 0.0
