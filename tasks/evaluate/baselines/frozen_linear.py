"""The untouched base model with a linear model on its features."""

from typing import Any

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows
from tasks.model.inverse_penalty import FLAT, GRID, UNSURE, choose_inverse_penalty, logistic_path, to_length_one


class FrozenLinear:
    """What one gets without fine-tuning: logistic regression on the base's frozen features, scaled to length one; one a
    label where there may be several, or ridge regression of a number.

    How closely it fits is chosen by cross-validation on the train rows, where each has one label.
    """

    name = "frozen_linear"
    title = "frozen base + linear model"

    def answers(self, rows: BaselineRows) -> list[str]:
        """What the linear model predicts."""
        model = _estimator(rows.target.type_of_target, rows.inverse_penalty or UNSURE).fit(
            to_length_one(rows.train_features), rows.truth
        )
        return rows.answers(model.predict(to_length_one(rows.test_features)))


class FrozenWords:
    """The same for each word: logistic regression on the frozen state of its first token."""

    name = "frozen_linear"
    title = "frozen base + linear model, word by word"

    def answers(self, rows: BaselineRows) -> list[str]:
        """A tag for each word; words that the base does not read are left out, and answered O."""
        assert rows.words is not None  # given where words are answered
        features, read = rows.words(rows.train_texts)
        tags = [
            tag
            for stored, of_row in zip(rows.train_labels, read, strict=True)
            for tag in np.array(stored.split(" "))[of_row]
        ]
        place = {tag: number for number, tag in enumerate(rows.classes)}
        numbers = np.array([place[tag] for tag in tags])
        texts = [text for text, of_row in enumerate(read) for _ in range(int(of_row.sum()))]
        chosen = choose_inverse_penalty(logistic_path(features, numbers), numbers, rows.seed, groups=texts)
        model = _estimator("multiclass", chosen.value).fit(to_length_one(features), numbers)
        test_features, test_read = rows.words(rows.test_texts)
        predicted = model.predict(to_length_one(test_features))
        outputs, at = [], 0
        for of_row in test_read:
            one_hot = np.zeros((len(of_row), len(rows.classes)), dtype=np.float32)
            count = int(of_row.sum())
            one_hot[np.flatnonzero(of_row), predicted[at : at + count]] = 1.0
            outputs.append(one_hot)
            at += count
        return rows.target.answers(outputs, rows.classes)


def _estimator(type_of_target: str, inverse_penalty: float) -> Any:
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.multiclass import OneVsRestClassifier

    regression = LogisticRegression(C=inverse_penalty, tol=FLAT, max_iter=1_000)
    return {
        "multiclass": regression,
        "multilabel-indicator": OneVsRestClassifier(regression),
        "continuous": RidgeCV([1 / value for value in GRID]),
    }[type_of_target]
