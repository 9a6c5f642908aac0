"""What a system said about each test row, beside what is true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.errors import GateError

CALIBRATION_BINS = 15
"""Guo et al. 2017 use 15 bins of equal width."""
SMALLEST = float(np.finfo(np.float32).eps)
"""A true label given less than this counts as given this in the log loss, so that one row cannot make the mean
infinite."""


@dataclass(frozen=True)
class Scored:
    """Labels as numbers 0 … C-1. truth, guess: (N,) int64; probabilities: (N, C) float32, None if there are none."""

    truth: np.ndarray
    guess: np.ndarray
    label_count: int
    probabilities: np.ndarray | None = None

    @property
    def correct(self) -> np.ndarray:
        """(N,) float64, 1 where the guess is right."""
        return (self.truth == self.guess).astype(np.float64)

    @property
    def confidence(self) -> np.ndarray:
        """(N,) float64, the probability of the guess; NaN where there are none."""
        if self.probabilities is None:
            return np.full(len(self.truth), np.nan)
        return self.probabilities[np.arange(len(self.guess)), self.guess].astype(np.float64)


def score(probabilities: np.ndarray, truth: np.ndarray) -> Scored:
    """A model's probabilities and the truth, its guess being the most probable label."""
    return Scored(truth, probabilities.argmax(axis=1), probabilities.shape[1], probabilities)


def check_probabilities(probabilities: np.ndarray, rows: int, lines: Sequence[int]) -> None:
    """Raise GateError unless each row holds probabilities: finite, in 0 … 1, adding up to 1.

    lines: the rows' lines in their file, to name the first bad one.
    """
    if probabilities.ndim != 2 or len(probabilities) != rows:
        raise GateError(f"the model gave {probabilities.shape} probabilities for {rows} test rows. Train it again.")
    finite = np.isfinite(probabilities).all(axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        whole = np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1) < 1e-3
    bad = np.flatnonzero(~(finite & whole & (probabilities >= 0).all(axis=1)))
    if len(bad):
        what = "NaN or infinite" if not finite[bad[0]] else "no probabilities"
        raise GateError(
            f"the model's output is {what} for {len(bad)} of {rows} test rows (the first: line {lines[bad[0]]}). "
            "It is not measured and cannot be registered; lower the learning rate and train again."
        )
