"""What a baseline may see."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class BaselineRows:
    """Train and test rows. train_labels: (N,) int64. Features, (N, D) float32, are computed when first asked for."""

    train_texts: list[str]
    train_labels: np.ndarray
    test_texts: list[str]
    features: Callable[[list[str]], np.ndarray]
    seed: int

    @cached_property
    def train_features(self) -> np.ndarray:
        return self.features(self.train_texts)

    @cached_property
    def test_features(self) -> np.ndarray:
        return self.features(self.test_texts)
