"""A model that gives anything but probabilities is stopped, in one line."""

import numpy as np
import pytest

from tasks.errors import GateError
from tasks.scoring.classification import check_probabilities, score

GOOD = np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]], dtype=np.float32)


def test_probabilities_pass():
    check_probabilities(GOOD, 3, [2, 3, 4])


@pytest.mark.parametrize(
    ("value", "what"),
    [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (-0.5, "no probabilities"), (0.7, "no prob")],
)
def test_output_that_is_no_probability_is_refused_naming_the_first_line(value, what):
    bad = GOOD.copy()
    bad[1, 0] = value
    with pytest.raises(GateError, match=f"{what}.*1 of 3 test rows .*line 33") as told:
        check_probabilities(bad, 3, [22, 33, 44])
    assert "\n" not in str(told.value)


def test_too_few_answers_are_refused():
    with pytest.raises(GateError, match="4 test rows"):
        check_probabilities(GOOD, 4, [1, 2, 3, 4])


def test_confidence_is_the_probability_of_the_guess():
    assert score(GOOD, np.array([0, 1, 1])).confidence == pytest.approx([0.5, 0.9, 0.8])
