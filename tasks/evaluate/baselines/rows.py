"""What a baseline may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tasks.model.inverse_penalty import choose_inverse_penalty, logistic_path
from tasks.targets import Target
from tasks.texts import Text


@dataclass(frozen=True)
class BaselineRows:
    """Train and test rows; targets as tables keep them. Features, (N, D) float32, are computed when first asked for."""

    target: Target
    classes: Sequence[str]
    train_texts: Sequence[Text]
    train_labels: Sequence[str]
    test_texts: Sequence[Text]
    features: Callable[[Sequence[Text]], np.ndarray]
    seed: int
    words: Callable[[Sequence[Text]], tuple[np.ndarray, list[np.ndarray]]] | None = None
    """Where words are answered: the features of each word that the base reads, (M, D), and of each text which of its
    words those are, (W,) bool."""

    @cached_property
    def train_features(self) -> np.ndarray:
        return self.features(self.train_texts)

    @cached_property
    def test_features(self) -> np.ndarray:
        return self.features(self.test_texts)

    @cached_property
    def truth(self) -> np.ndarray:
        """The train rows' targets as scikit-learn takes them: numbers of labels, (N, C) of 0 and 1, or numbers."""
        return self.target.vector(self.train_labels, self.classes)

    @cached_property
    def inverse_penalty(self) -> float | None:
        """How closely a logistic regression on the train features should fit; None unless each row has one label."""
        if not self.target.has_one_class:
            return None
        path = logistic_path(self.train_features, self.truth)
        return choose_inverse_penalty(path, self.truth, self.seed).value

    def answers(self, predicted: np.ndarray) -> list[str]:
        """What scikit-learn predicts, in the form that tables keep."""
        return self.target.from_vector(predicted, self.classes)
