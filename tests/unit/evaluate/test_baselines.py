"""Every baseline learns something from a toy problem, and never looks at features it did not ask for."""

import numpy as np
import pytest

from tasks.evaluate.baselines import BASELINES, BaselineRows
from tasks.evaluate.baselines.frozen_linear import FrozenLinear
from tasks.evaluate.baselines.majority import Majority
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear

TRAIN = ["refund please", "refund my money", "send a refund", "card lost", "lost my card"]


def features(texts):
    """One direction a word; longer for longer texts, which must not count."""
    return np.array([[text.count("refund") + 0.1, text.count("card") + 0.1] for text in texts], np.float32) * 19


def toy(test=("where is my refund", "my card is gone")):
    return BaselineRows(TRAIN, np.array([0, 0, 0, 1, 1]), list(test), features, seed=0)


def test_majority_says_the_most_frequent_label():
    assert Majority().guess(toy()).tolist() == [0, 0]


@pytest.mark.parametrize("baseline", [TfidfLinear(), FrozenLinear()])
def test_linear_baselines_tell_the_toy_labels_apart(baseline):
    assert baseline.guess(toy()).tolist() == [0, 1]


@pytest.mark.parametrize("baseline", BASELINES)
def test_every_baseline_gives_the_same_guesses_twice(baseline):
    first, second = baseline.guess(toy()), baseline.guess(toy())
    assert first.dtype == np.int64
    assert first.tolist() == second.tolist()


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
    TfidfLinear().guess(toy())
    assert learned == TRAIN


def test_every_baseline_has_a_name_of_its_own():
    assert len({baseline.name for baseline in BASELINES}) == len(BASELINES)


def test_words_are_counted_without_the_base_model():
    def never(texts):
        raise AssertionError("features were asked for")

    rows = BaselineRows(TRAIN, np.array([0, 0, 0, 1, 1]), ["?!", "lost card"], never, seed=0)
    assert TfidfLinear().guess(rows).tolist()[1] == 1
