"""Confusions, calibration bins and worst errors on a handful of rows."""

import numpy as np
import pytest

from tasks.evaluate.groups import confused_answers, confusions, group_table
from tasks.evaluate.results import rounded
from tasks.evaluate.test_set import Side
from tasks.evaluate.worst_errors import describe_errors, nearest_rows, pick_worst
from tasks.scoring.calibration import reliability_bins
from tasks.targets import LabelTarget
from tasks.targets.labels import LabelsTarget
from tasks.targets.number import NumberTarget
from tasks.targets.tags import TagsTarget


def test_confusion_counts_true_labels_and_answers():
    found = confusions(["a", "a", "b", "c"], ["a", "b", "b", "b"], ["a", "b", "c"])
    assert found["confusion"] == [[0, 0, 1], [0, 1, 1], [1, 1, 1], [2, 1, 1]]


def test_confusions_come_most_frequent_first_and_without_right_answers():
    truth = ["a"] * 10 + ["b"] * 8 + ["c"] * 4
    answers = ["a"] * 9 + ["b"] + ["a"] * 3 + ["b"] * 5 + ["c"] * 4
    assert confusions(truth, answers, ["a", "b", "c"])["confusions"] == [
        {"actual": "b", "predicted": "a", "rows": 3, "share": 3 / 8},
        {"actual": "a", "predicted": "b", "rows": 1, "share": 0.1},
    ]


def test_groups_are_told_by_what_was_claimed_of_them_the_weakest_first():
    truth, answers = ["a", "a", "b"], ["a", "b", "b"]
    scores = np.array([1.0, 0.0, 1.0])
    table = group_table(LabelTarget(), truth, answers, scores, ["a", "b", "b", "b"])
    assert [row["label"] for row in table] == ["a", "b"]
    assert (table[0]["precision"], table[0]["recall"], table[0]["f1"]) == (1.0, 0.5, pytest.approx(2 / 3))
    assert (table[1]["precision"], table[1]["recall"]) == (0.5, 1.0)
    assert [(row["test_rows"], row["train_rows"]) for row in table] == [(2, 1), (1, 3)]


def test_types_of_spans_are_groups():
    truth, answers = ["B-x I-x O B-y", "O O"], ["B-x I-x O O", "B-y O"]
    table = {row["label"]: row for row in group_table(TagsTarget(), truth, answers, np.array([0.5, 0.0]), truth)}
    assert (table["x"]["f1"], table["y"]["f1"], table["no span"]["test_rows"]) == (1.0, 0.0, 1)


def test_reliability_bins_include_their_upper_border():
    bins = reliability_bins(np.array([0.2, 0.21, 1.0]), np.array([1.0, 0, 1]), bins=5)
    assert [(each["from"], each["to"], each["rows"]) for each in bins] == [(0, 0.2, 1), (0.2, 0.4, 1), (0.8, 1, 1)]
    assert [each["accuracy"] for each in bins] == [1, 0, 1]


def test_worst_errors_are_the_lowest_scores_and_the_surest_of_equals():
    scores, confidence = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.9, 0.6, 0.7, 0.99])
    assert pick_worst(scores, confidence, 1.0, 2).tolist() == [0, 2]
    assert pick_worst(np.zeros(2), np.array([np.nan, np.nan]), 1.0, 5).tolist() == [0, 1]
    assert pick_worst(np.array([-0.5, -2.0, 0.0]), np.full(3, np.nan), 0.0, 5).tolist() == [1, 0]


def test_nearest_rows_go_by_angle_and_not_by_length():
    nearest, cosine = nearest_rows(np.array([[1.0, 0]]), np.array([[0, 5.0], [9, 9], [0.1, 0]]), 2)
    assert nearest.tolist() == [[2, 1]]
    assert cosine[0] == pytest.approx([1, np.sqrt(0.5)])


def test_an_error_is_told_with_its_train_rows():
    test = Side(["i"], [12], ["my card"], ["lost"])
    train = Side(["j", "k"], [2, 3], ["card please", "gone"], ["order", "lost"])
    numbers = [{"score": 0.0, "confidence": 0.9}]
    near = (np.array([[0]]), np.array([[0.8]]))
    (error,) = describe_errors(np.array([0]), LabelTarget(), ["order"], numbers, test, train, near)
    assert (error["text"], error["line"], error["actual"], error["predicted"]) == ("my card", 12, "lost", "order")
    assert error["nearest"] == [{"text": "card please", "label": "order", "line": 2, "similarity": 0.8}]


def test_wrong_sets_of_labels_are_counted_and_right_ones_are_not():
    truth, answers = ['["a","b"]'] * 3 + ['["a"]'], ['["a"]', '["a"]', '["a","b"]', '["a"]']
    (found,) = confused_answers(LabelsTarget(), truth, answers)
    assert found == {"actual": "a, b", "predicted": "a", "rows": 2, "share": pytest.approx(2 / 3)}
    assert confused_answers(NumberTarget(), ["1.0"], ["2.0"]) == []


def test_rows_without_spans_have_a_score_and_no_f1_and_are_not_the_weakest():
    truth, answers = ["O O", "B-per O", "B-loc O"], ["O O", "B-per O", "O O"]
    table = group_table(TagsTarget(), truth, answers, np.array([1.0, 1.0, 0.0]), truth)
    assert [(each["label"], each["f1"], each["score"]) for each in table] == [
        ("loc", 0.0, 0.0), ("no span", None, 1.0), ("per", 1.0, 1.0),
    ]  # fmt: skip


def test_a_number_that_is_not_finite_is_written_as_none():
    assert rounded({"value": float("nan"), "rows": 3, "low": [float("inf"), 0.1234567]}) == {
        "value": None,
        "rows": 3,
        "low": [None, 0.123457],
    }


def test_a_text_is_cut_where_its_spans_begin_and_end():
    assert TagsTarget().marked("Ann Lee in Oslo .", "B-per I-per O B-loc O") == [
        ("Ann Lee", "per"), (" in ", ""), ("Oslo", "loc"), (" .", ""),
    ]  # fmt: skip
