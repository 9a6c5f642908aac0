"""The untouched base model with a linear classifier."""

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows


class FrozenLinear:
    """What one gets without fine-tuning: logistic regression on the base's frozen features, scaled to length one."""

    name = "frozen_linear"
    title = "frozen base + logistic regression"

    def guess(self, rows: BaselineRows) -> np.ndarray:
        """(N,) int64: the most probable label."""
        from sklearn.linear_model import LogisticRegression

        classifier = LogisticRegression(C=30, tol=1e-3, max_iter=1_000)
        classifier.fit(_to_length_one(rows.train_features), rows.train_labels)
        return np.asarray(classifier.predict(_to_length_one(rows.test_features)), dtype=np.int64)


def _to_length_one(features: np.ndarray) -> np.ndarray:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
