"""Two models on the same rows: how much better is one, and could that be an accident?"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Difference:
    """Accuracy of one model minus that of another on the same rows, with its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def paired_difference(
    ours: np.ndarray, theirs: np.ndarray, *, resamples: int, confidence: float, seed: int
) -> Difference:
    """The accuracy difference with its paired percentile bootstrap interval.

    ours, theirs: (N,) bool, right or wrong on the same rows. A row's difference is -1, 0 or 1, so that resampling rows
    is drawing the three counts from a multinomial: exact, and no (resamples × N) array.
    Efron & Tibshirani 1993, ch. 13.
    """
    if len(ours) == 0 or len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} rows cannot be paired")
    rows = len(ours)
    won, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    shares = [won / rows, lost / rows, (rows - won - lost) / rows]
    counts = np.random.default_rng(seed).multinomial(rows, shares, size=resamples)
    low, high = np.quantile((counts[:, 0] - counts[:, 1]) / rows, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Difference((won - lost) / rows, float(low), float(high))


def chance_of_losing(won: int, lost: int) -> float:
    """How likely equal models lose at least so many of the rows on which they differ.

    One-sided exact McNemar test: P(X ≥ lost), X ~ Binomial(won + lost, 1/2). McNemar 1947; exact form as in Agresti,
    Categorical Data Analysis, §11.1.
    """
    differing = won + lost
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, differing + 1)))])  # log k! for k = 0 … n
    k = np.arange(lost, differing + 1)
    terms = logs[differing] - logs[k] - logs[differing - k] - differing * np.log(2)
    return float(min(1.0, np.exp(terms).sum()))
