"""Several fine-tuned models that answer together."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from tasks.model.problems import Problem
from tasks.texts import Text

SMALLEST = float(np.finfo(np.float32).tiny)
"""What a probability that rounds to 0 counts as when its logarithm is taken."""


class Member(Protocol):
    """A model that predicts."""

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def problem(self) -> Problem: ...

    def predict(self, texts: Sequence[Text]) -> np.ndarray: ...

    def count_cut(self, texts: Sequence[Text]) -> int: ...


class SavedEnsemble:
    """Models with the same labels: the mean of their probabilities, its logarithm divided by a temperature."""

    def __init__(self, members: Sequence[Member], temperature: float, digest: str) -> None:
        self.digest = digest
        self.labels = members[0].labels
        self._members = members
        self._temperature = temperature

    @property
    def problem(self) -> Problem:
        """What its rows are: the members' own."""
        return self._members[0].problem

    def predict(self, texts: Sequence[Text]) -> np.ndarray:
        """Probabilities (N, C) float32 in the order of `labels`. Raises GateError as a member does."""
        mean = np.mean([each.predict(texts).astype(np.float64) for each in self._members], axis=0)
        return cooled(mean, self._temperature).astype(np.float32)

    def count_cut(self, texts: Sequence[Text]) -> int:
        """As a member's, which all read with the same tokenizer."""
        return self._members[0].count_cut(texts)


def cooled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log p / temperature) of rows (N, C); 1 leaves them as they are."""
    if temperature == 1.0:
        return probabilities
    scaled = np.log(np.maximum(probabilities, SMALLEST)) / temperature
    grown = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: np.ndarray = grown / grown.sum(axis=1, keepdims=True)
    return result
