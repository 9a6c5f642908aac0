"""The untouched base model with a linear classifier."""

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows
from tasks.model.inverse_penalty import FLAT, to_length_one


class FrozenLinear:
    """What one gets without fine-tuning: logistic regression on the base's frozen features, scaled to length one.

    How closely it fits is chosen by cross-validation on the train rows.
    """

    name = "frozen_linear"
    title = "frozen base + logistic regression"

    def guess(self, rows: BaselineRows) -> np.ndarray:
        """(N,) int64: the most probable label."""
        from sklearn.linear_model import LogisticRegression

        classifier = LogisticRegression(C=rows.inverse_penalty.value, tol=FLAT, max_iter=1_000)
        classifier.fit(to_length_one(rows.train_features), rows.train_labels)
        return np.asarray(classifier.predict(to_length_one(rows.test_features)), dtype=np.int64)
