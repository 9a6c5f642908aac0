"""What a baseline may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tasks.model.inverse_penalty import InversePenalty, choose_inverse_penalty, logistic_path
from tasks.texts import Text


@dataclass(frozen=True)
class BaselineRows:
    """Train and test rows. train_labels: (N,) int64. Features, (N, D) float32, are computed when first asked for."""

    train_texts: Sequence[Text]
    train_labels: np.ndarray
    test_texts: Sequence[Text]
    features: Callable[[Sequence[Text]], np.ndarray]
    seed: int

    @cached_property
    def train_features(self) -> np.ndarray:
        return self.features(self.train_texts)

    @cached_property
    def inverse_penalty(self) -> InversePenalty:
        """How closely a logistic regression on the train features should fit."""
        return choose_inverse_penalty(
            logistic_path(self.train_features, self.train_labels), self.train_labels, self.seed
        )

    @cached_property
    def test_features(self) -> np.ndarray:
        return self.features(self.test_texts)
