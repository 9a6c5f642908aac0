"""Percentile bootstrap, all resamples at once: how far a number might move with other test rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

Statistics = Callable[[np.ndarray], dict[str, np.ndarray]]
"""The rows' weights, (R, N) → each metric under each set of weights, (R,). Weights of one give the plain metrics."""
CELLS = 2_000_000
"""Resamples × rows held at once; the result does not depend on it."""


class Scores(Protocol):
    """Answers held against the truth, N rows."""

    @property
    def scores(self) -> np.ndarray:
        """(N,) float64: one number a row, higher is better, for slices, differences and paired tests."""
        ...

    @property
    def statistics(self) -> Statistics:
        """Every metric as a function of the rows' weights."""
        ...


@dataclass(frozen=True)
class RowScores:
    """Scores made of their parts."""

    scores: np.ndarray
    statistics: Statistics


@dataclass(frozen=True)
class Draws:
    """How many resamples, which coverage their intervals have, and the seed that draws them."""

    resamples: int
    confidence: float
    seed: int

    def interval(self, samples: np.ndarray) -> tuple[float, float]:
        """The percentile interval of one number's resamples, (resamples,)."""
        return interval(samples, self.confidence)


def resample_weights(rows: int, draws: Draws) -> Iterator[np.ndarray]:
    """How often each row was drawn in each resample, in blocks (R, N) float64.

    Every caller with the same rows and draws sees the same draws: differences between systems are paired.
    """
    generator = np.random.default_rng(draws.seed)
    block = max(1, CELLS // max(rows, 1))
    for start in range(0, draws.resamples, block):
        count = min(block, draws.resamples - start)
        drawn = generator.integers(0, rows, size=(count, rows)) + rows * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows).astype(np.float64)


def bootstrap(statistics: Statistics, rows: int, draws: Draws) -> dict[str, np.ndarray]:
    """Each statistic on each resample, (resamples,)."""
    blocks = [statistics(weights) for weights in resample_weights(rows, draws)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def interval(samples: np.ndarray, confidence: float) -> tuple[float, float]:
    """The percentile interval: what lies between the outer (1 - confidence) / 2 on each side. NaN draws are left out.

    Efron & Tibshirani 1993, §13.3.
    """
    known = samples[~np.isnan(samples)]
    if not len(known):
        return (float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
