import numpy as np
import pytest

from tasks.register.paired import chance_of_falling_behind, chance_of_losing, paired_difference, share_difference
from tasks.scoring.bootstrap import Draws, RowScores
from tasks.targets import LabelTarget
from tasks.targets.number import NumberTarget

DRAWS = Draws(2_000, 0.95, 0)


def right(count: int, of: int) -> np.ndarray:
    return np.arange(of) < count


def test_the_difference_is_that_of_the_accuracies() -> None:
    assert share_difference(right(93, 100), right(90, 100), DRAWS).value == pytest.approx(0.03)


def test_a_model_differs_from_itself_by_nothing() -> None:
    difference = share_difference(right(90, 100), right(90, 100), DRAWS)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_the_interval_is_as_wide_as_the_normal_approximation_says() -> None:
    """60 rows won, 40 lost of 1,000: variance of a row (60 + 40) / 1000 - 0.02² = 0.0996, so
    0.02 ± 1.96 · √(0.0996 / 1000) = 0.02 ± 0.01956."""
    ours, theirs = np.zeros(1_000, bool), np.zeros(1_000, bool)
    ours[:60], theirs[60:100] = True, True
    difference = share_difference(ours, theirs, Draws(20_000, 0.95, 0))
    assert (difference.low, difference.high) == pytest.approx((0.02 - 0.01956, 0.02 + 0.01956), abs=0.0015)


def test_half_the_confidence_is_a_third_of_the_width() -> None:
    """Of a normal distribution 50 % lie within 0.674 deviations and 95 % within 1.96: 0.344 of the width."""
    ours, theirs = np.zeros(1_000, bool), np.zeros(1_000, bool)
    ours[:60], theirs[60:100] = True, True
    wide, narrow = (share_difference(ours, theirs, Draws(20_000, confidence, 0)) for confidence in (0.95, 0.5))
    assert (narrow.high - narrow.low) / (wide.high - wide.low) == pytest.approx(0.674 / 1.96, abs=0.03)


def test_rows_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="3 and 2 rows"):
        share_difference(right(1, 3), right(1, 2), DRAWS)


@pytest.mark.parametrize(
    ("won", "lost", "chance"),
    [(0, 0, 1.0), (0, 5, 1 / 32), (5, 0, 1.0), (1, 3, 5 / 16), (2, 8, 56 / 1024)],
)
def test_the_chance_of_losing_is_the_binomial_tail(won: int, lost: int, chance: float) -> None:
    """By hand: (1, 3) of 4 is (4 + 1) / 2⁴; (2, 8) of 10 is (45 + 10 + 1) / 2¹⁰."""
    assert chance_of_losing(won, lost) == pytest.approx(chance)


def test_where_the_metric_is_a_share_the_difference_is_the_exact_one() -> None:
    target, labels = LabelTarget(), ["no", "yes"] * 50
    ours, theirs = (target.score(labels, ["no"] * wrong + labels[wrong:], ["no", "yes"]) for wrong in (4, 10))
    expected = share_difference(ours.scores == 1, theirs.scores == 1, DRAWS)
    assert paired_difference(target, ours, theirs, DRAWS) == expected


def test_another_metric_is_drawn_with_its_rows_and_is_as_wide_as_the_bootstrap_says() -> None:
    """A mean of differences of ±1 with as many of each has the standard error 1 / √n: here 0.05, and 1.96 of them."""
    target, draw = NumberTarget(), np.random.default_rng(0)
    better = draw.permutation(np.tile([1.0, -1.0], 200))

    def scores(values: np.ndarray) -> RowScores:
        return RowScores(values, lambda weights: {"spearman": weights @ values / weights.sum(axis=1)})

    found = paired_difference(target, scores(better), scores(np.zeros(400)), DRAWS)
    assert found.value == 0
    assert (found.low, found.high) == pytest.approx((-0.098, 0.098), abs=0.01)


def test_of_scores_that_are_right_or_wrong_the_chance_is_mcnemars() -> None:
    ours, theirs = np.array([1.0, 0, 0, 0, 1]), np.array([0.0, 1, 1, 1, 1])
    assert chance_of_falling_behind(ours, theirs, level=0.05, seed=0) == pytest.approx(5 / 16)


def test_of_other_scores_it_is_the_share_of_signs_that_give_as_little() -> None:
    """Differences -0.5 -0.4 -0.3 +0.2, sum -1.0: of 16 signs -1.4, -1.0 and none other are at most that: 2 / 16."""
    theirs = np.array([0.5, 0.5, 0.5, 0.5])
    ours = theirs + np.array([-0.5, -0.4, -0.3, 0.2])
    assert chance_of_falling_behind(ours, theirs, level=0.001, seed=0) == pytest.approx(2 / 16, abs=0.01)


def test_equal_scores_are_no_loss() -> None:
    assert chance_of_falling_behind(np.full(9, 0.5), np.full(9, 0.5), level=0.05, seed=0) == 1.0
