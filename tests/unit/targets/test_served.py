"""What a served model answers: a column each, whose names and values are those of the targets."""

import numpy as np
import pytest

from tasks.targets import LabelTarget, Target
from tasks.targets.label import Abstain
from tasks.targets.labels import LabelsTarget
from tasks.targets.number import NumberTarget
from tasks.targets.served import Columns, Predicted
from tasks.targets.tags import TagsTarget


def served(
    target: Target, outputs: list[list[float]], classes: list[str], top_k: int = 1, **decision: object
) -> Columns:
    given = [np.array(each) for each in outputs]
    texts = ["ann  met bob", "hello there you"][: len(outputs)]
    predicted = Predicted(texts, given, target.answers(given, classes, decision), classes, decision)
    return target.served(predicted, top_k)


def test_a_label_comes_with_its_probability_and_as_many_of_the_next_as_are_wanted() -> None:
    found = served(LabelTarget(), [[0.2, 0.7, 0.1]], ["a", "b", "c"], 2)
    assert found == {"label": ["b"], "probability": [0.7], "label_2": ["a"], "probability_2": [0.2]}
    assert len(served(LabelTarget(), [[0.2, 0.8]], ["a", "b"], 99)) == 4
    assert list(served(LabelTarget(), [[0.2, 0.8]], ["a", "b"], 0)) == ["label", "probability"]


def test_a_model_that_may_abstain_says_where_it_does() -> None:
    target = LabelTarget(abstain=Abstain(by="confidence", level=0.6))
    found = served(target, [[0.5, 0.5], [0.1, 0.9]], ["a", "b"], min_confidence=0.6)
    assert (found["label"], found["answer"]) == (["a", "b"], ["", "b"])


def test_several_labels_are_a_list_beside_every_probability() -> None:
    found = served(LabelsTarget(), [[0.9, 0.2, 0.6]], ["a", "b", "c"], thresholds=[0.5, 0.5, 0.5])
    assert found == {
        "labels": [["a", "c"]],
        "probabilities": [{"a": 0.9, "b": 0.2, "c": 0.6}],
        "answer": ['["a","c"]'],
    }


def test_a_number_has_an_interval_that_ends_where_numbers_do() -> None:
    found = served(NumberTarget(low=0, high=5), [[4.5]], [], half_width=1.0)
    assert found == {"number": [4.5], "low": [3.5], "high": [5.0], "answer": ["4.5"]}
    assert np.isnan(served(NumberTarget(), [[4.5]], [])["low"][0])


def test_spans_are_told_in_the_characters_of_the_text_as_it_was_given() -> None:
    """Two spaces after the first word: the third begins at 9."""
    classes = ["B-who", "O"]
    found = served(TagsTarget(), [[[0.9, 0.1], [0.1, 0.9], [0.8, 0.2]]], classes)  # type: ignore[list-item]
    assert found["tags"] == [["B-who", "O", "B-who"]]
    assert found["spans"] == [
        [
            {"start": 0, "end": 3, "label": "who", "text": "ann"},
            {"start": 9, "end": 12, "label": "who", "text": "bob"},
        ]
    ]


@pytest.mark.parametrize("target", [LabelsTarget(), NumberTarget()])
def test_every_column_has_a_type(target: Target) -> None:
    outputs, classes = ([[0.9, 0.2]], ["a", "b"]) if target.has_classes else ([[1.0]], [])
    assert list(served(target, outputs, classes)) == list(target.answer_types)
