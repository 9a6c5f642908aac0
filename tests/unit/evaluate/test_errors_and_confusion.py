"""Confusions, calibration bins and worst errors on a handful of rows."""

import numpy as np
import pytest

from tasks.evaluate.confusion import confusion_matrix, top_confusions
from tasks.evaluate.test_set import Side
from tasks.evaluate.worst_errors import describe_errors, nearest_rows, pick_worst
from tasks.scoring.calibration import reliability_bins
from tasks.scoring.classification import score


def test_confusion_counts_true_labels_down_and_guesses_across():
    counts = confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]


def test_top_confusions_come_most_frequent_first_and_without_right_answers():
    counts = np.array([[9, 1, 0], [3, 5, 0], [0, 0, 4]])
    assert top_confusions(counts, ("a", "b", "c")) == [
        {"actual": "b", "predicted": "a", "rows": 3, "share": 3 / 8},
        {"actual": "a", "predicted": "b", "rows": 1, "share": 0.1},
    ]


def test_reliability_bins_include_their_upper_border():
    bins = reliability_bins(np.array([0.2, 0.21, 1.0]), np.array([1.0, 0, 1]), bins=5)
    assert [(each["from"], each["to"], each["rows"]) for each in bins] == [(0, 0.2, 1), (0.2, 0.4, 1), (0.8, 1, 1)]
    assert [each["accuracy"] for each in bins] == [1, 0, 1]


def test_worst_errors_are_the_surest_wrong_answers():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.99, 0.01]], dtype=np.float32)
    assert pick_worst(score(probabilities, np.array([1, 1, 0, 0])), 2).tolist() == [0, 2]


def test_nearest_rows_go_by_angle_and_not_by_length():
    nearest, cosine = nearest_rows(np.array([[1.0, 0]]), np.array([[0, 5.0], [9, 9], [0.1, 0]]), 2)
    assert nearest.tolist() == [[2, 1]]
    assert cosine[0] == pytest.approx([1, np.sqrt(0.5)])


def test_an_error_is_told_with_its_train_rows():
    test = Side(["i"], [12], ["my card"], ["lost"], np.array([1]))
    train = Side(["j", "k"], [2, 3], ["card please", "gone"], ["order", "lost"], np.array([0, 1]))
    scored = score(np.array([[0.9, 0.1]], dtype=np.float32), test.numbers)
    near = (np.array([[0]]), np.array([[0.8]]))
    (error,) = describe_errors(np.array([0]), scored, ("order", "lost"), test, train, near)
    assert (error["text"], error["line"], error["actual"], error["predicted"]) == ("my card", 12, "lost", "order")
    assert error["nearest"] == [{"text": "card please", "label": "order", "line": 2, "similarity": 0.8}]
