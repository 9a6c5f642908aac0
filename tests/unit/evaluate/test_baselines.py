"""Every baseline learns something from a toy problem, and never looks at features it did not ask for."""

import numpy as np
import pytest

from tasks.evaluate.baselines import BASELINES, BaselineRows
from tasks.evaluate.baselines.frozen_linear import FrozenLinear
from tasks.evaluate.baselines.majority import Majority
from tasks.evaluate.baselines.second_text import FrozenCosine
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear
from tasks.evaluate.baselines.usual_tag import UsualTag
from tasks.targets import LabelTarget
from tasks.targets.labels import LabelsTarget
from tasks.targets.number import NumberTarget
from tasks.targets.tags import TagsTarget

TRAIN = ["refund please", "refund my money", "send a refund", "card lost", "lost my card"]


def features(texts):
    """One direction a word; longer for longer texts, which must not count."""
    return np.array([[text.count("refund") + 0.1, text.count("card") + 0.1] for text in texts], np.float32) * 19


LABELS = ["back", "back", "back", "gone", "gone"]


def toy(test=("where is my refund", "my card is gone"), asked=features):
    return BaselineRows(LabelTarget(), ("back", "gone"), TRAIN, LABELS, list(test), asked, seed=0)


def test_majority_says_the_most_frequent_label():
    assert Majority().answers(toy()) == ["back", "back"]


@pytest.mark.parametrize("baseline", [TfidfLinear(), FrozenLinear()])
def test_linear_baselines_tell_the_toy_labels_apart(baseline):
    assert baseline.answers(toy()) == ["back", "gone"]


@pytest.mark.parametrize("baseline", BASELINES)
def test_every_baseline_gives_the_same_answers_twice(baseline):
    assert baseline.answers(toy()) == baseline.answers(toy())


def test_words_are_learned_from_train_rows_alone(monkeypatch):
    from sklearn.feature_extraction import text

    learned = []

    class Noted(text.TfidfVectorizer):
        def fit(self, raw_documents, y=None):
            learned.extend(raw_documents)
            return super().fit(raw_documents, y)

        def fit_transform(self, raw_documents, y=None):
            learned.extend(raw_documents)
            return super().fit_transform(raw_documents, y)

    monkeypatch.setattr(text, "TfidfVectorizer", Noted)
    TfidfLinear().answers(toy())
    assert learned == TRAIN


def test_every_baseline_has_a_name_of_its_own():
    assert len({baseline.name for baseline in BASELINES}) == len(BASELINES)


def test_words_are_counted_without_the_base_model():
    def never(texts):
        raise AssertionError("features were asked for")

    assert TfidfLinear().answers(toy(["?!", "lost card"], never))[1] == "gone"


SEVERAL = {
    "labels": (
        LabelsTarget(),
        ['["money"]', '["money"]', '["money"]', '["card"]', '["card"]'],
        '["money"]',
        '["card"]',
    ),
    "number": (NumberTarget(), ["1.0", "1.0", "1.0", "5.0", "5.0"], None, None),
}


@pytest.mark.parametrize("kind", SEVERAL)
@pytest.mark.parametrize("baseline", BASELINES)
def test_every_baseline_answers_as_the_target_writes(kind, baseline):
    target, labels, first, second = SEVERAL[kind]
    rows = BaselineRows(target, target.classes(labels), TRAIN, labels, ["where is my refund", "my card"], features, 0)
    answers = baseline.answers(rows)
    assert [target.canonical(answer) for answer in answers] == answers
    if baseline.name == "majority":
        assert answers == [target.usual(labels)] * 2
    elif first:
        assert answers == [first, second]
    else:
        assert float(answers[0]) < 2.6 < float(answers[1])


def test_the_usual_number_is_the_mean():
    assert NumberTarget().usual(["1.0", "1.0", "4.0"]) == "2.0"


def test_a_word_has_its_most_frequent_tag_and_an_unknown_one_none():
    rows = BaselineRows(
        TagsTarget(), ("O", "B-x", "I-x"), ["Bob met bob", "bob"], ["B-x O O", "B-x"], ["meet BOB"], features, seed=0
    )
    assert UsualTag().answers(rows) == ["O B-x"]


def test_cosines_of_pairs_are_put_on_the_numbers_scale():
    pairs = [("refund", "refund"), ("refund", "card"), ("card", "card"), ("card", "refund")]
    labels = ["5.0", "1.0", "5.0", "1.0"]
    rows = BaselineRows(
        NumberTarget(), ("3.0", "2.0"), pairs, labels, [("refund", "refund"), ("card", "refund")], features, 0
    )
    assert [round(float(each), 3) for each in FrozenCosine().answers(rows)] == [5.0, 1.0]
