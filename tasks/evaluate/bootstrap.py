"""Percentile bootstrap, all resamples at once: how far a number might move with other test rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from tasks.evaluate.reliability import calibration_bin
from tasks.evaluate.scored import CALIBRATION_BINS, SMALLEST, Scored

CELLS = 2_000_000
"""Resamples × rows held at once; the result does not depend on it."""


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


def bootstrap(
    statistics: Callable[[np.ndarray], dict[str, np.ndarray]], rows: int, draws: Draws
) -> dict[str, np.ndarray]:
    """Each statistic on each resample, (resamples,). statistics: weights (R, N) → its numbers (R,)."""
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


def headline_statistics(scored: Scored) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """The headline metrics as a function of the rows' weights, (R, N) → (R,) each.

    Weights of one give the plain metrics.
    """
    correct, size = scored.correct, scored.label_count
    support, guessed = _groups(scored.truth, size), _groups(scored.guess, size)
    hits = _groups(scored.truth, size, correct)
    by_row = _row_statistics(scored)
    gap = _calibration_gap(scored)

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        total = weights.sum(axis=1)
        found = {name: weights @ column / total for name, column in by_row.items()}
        found |= _from_counts(weights @ hits, weights @ support, weights @ guessed)
        if gap is not None:
            found["ece"] = np.abs(weights @ gap).sum(axis=1) / total
        return found

    return statistics


def _row_statistics(scored: Scored) -> dict[str, np.ndarray]:
    """What is a mean over rows: one column (N,) each."""
    columns = {"accuracy": scored.correct}
    if scored.probabilities is not None:
        rows = np.arange(len(scored.truth))
        given = scored.probabilities[rows, scored.truth].astype(np.float64)
        columns["log_loss"] = -np.log(np.clip(given, SMALLEST, 1))
        order = np.argsort(-scored.probabilities, axis=1, kind="stable")
        for k in top_ks(scored.label_count):
            columns[f"top{k}"] = (order[:, :k] == scored.truth[:, None]).any(axis=1).astype(np.float64)
    return columns


def top_ks(label_count: int) -> list[int]:
    """The k of top-k accuracy that say something: 3 and 5, where there are more labels than that."""
    return [k for k in (3, 5) if k < label_count]


def _from_counts(hits: np.ndarray, support: np.ndarray, guessed: np.ndarray) -> dict[str, np.ndarray]:
    """What follows from each label's hits, true rows and guesses, (R, C) each."""
    both = support + guessed
    f1 = np.divide(2 * hits, both, out=np.zeros_like(hits), where=both > 0)
    total = support.sum(axis=1)
    square = total**2
    top = hits.sum(axis=1) * total - (support * guessed).sum(axis=1)
    below = np.sqrt((square - (guessed**2).sum(axis=1)) * (square - (support**2).sum(axis=1)))
    return {
        "macro_f1": f1.sum(axis=1) / (both > 0).sum(axis=1),
        "weighted_f1": (f1 * support).sum(axis=1) / total,
        "mcc": np.divide(top, below, out=np.zeros_like(top), where=below > 0),
    }


def _calibration_gap(scored: Scored) -> csr_array | None:
    """(N, bins): a row's confidence minus its being right, in the bin of its confidence."""
    if scored.probabilities is None:
        return None
    confidence = scored.confidence
    return _groups(calibration_bin(confidence), CALIBRATION_BINS, confidence - scored.correct)


def _groups(group: np.ndarray, size: int, values: np.ndarray | None = None) -> csr_array:
    """(N, size), one value a row (1 unless given) in the column of the row's group."""
    rows = np.arange(len(group))
    data = np.ones(len(group)) if values is None else values
    return csr_array((data, (rows, group)), shape=(len(group), size))
