import numpy as np
import pytest

from tasks.register.paired import chance_of_losing, paired_difference

DRAWS = {"resamples": 2_000, "confidence": 0.95, "seed": 0}


def right(count: int, of: int) -> np.ndarray:
    return np.arange(of) < count


def test_the_difference_is_that_of_the_accuracies() -> None:
    assert paired_difference(right(93, 100), right(90, 100), **DRAWS).value == pytest.approx(0.03)


def test_a_model_differs_from_itself_by_nothing() -> None:
    difference = paired_difference(right(90, 100), right(90, 100), **DRAWS)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_the_interval_is_as_wide_as_the_normal_approximation_says() -> None:
    """60 rows won, 40 lost of 1,000: variance of a row (60 + 40) / 1000 - 0.02² = 0.0996, so
    0.02 ± 1.96 · √(0.0996 / 1000) = 0.02 ± 0.01956."""
    ours, theirs = np.zeros(1_000, bool), np.zeros(1_000, bool)
    ours[:60], theirs[60:100] = True, True
    difference = paired_difference(ours, theirs, resamples=20_000, confidence=0.95, seed=0)
    assert (difference.low, difference.high) == pytest.approx((0.02 - 0.01956, 0.02 + 0.01956), abs=0.0015)


def test_half_the_confidence_is_a_third_of_the_width() -> None:
    """Of a normal distribution 50 % lie within 0.674 deviations and 95 % within 1.96: 0.344 of the width."""
    ours, theirs = np.zeros(1_000, bool), np.zeros(1_000, bool)
    ours[:60], theirs[60:100] = True, True
    wide, narrow = (
        paired_difference(ours, theirs, resamples=20_000, confidence=confidence, seed=0) for confidence in (0.95, 0.5)
    )
    assert (narrow.high - narrow.low) / (wide.high - wide.low) == pytest.approx(0.674 / 1.96, abs=0.03)


def test_rows_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="3 and 2 rows"):
        paired_difference(right(1, 3), right(1, 2), **DRAWS)


@pytest.mark.parametrize(
    ("won", "lost", "chance"),
    [(0, 0, 1.0), (0, 5, 1 / 32), (5, 0, 1.0), (1, 3, 5 / 16), (2, 8, 56 / 1024)],
)
def test_the_chance_of_losing_is_the_binomial_tail(won: int, lost: int, chance: float) -> None:
    """By hand: (1, 3) of 4 is (4 + 1) / 2⁴; (2, 8) of 10 is (45 + 10 + 1) / 2¹⁰."""
    assert chance_of_losing(won, lost) == pytest.approx(chance)
