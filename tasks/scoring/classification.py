"""One label a row: what a system said beside what is true, and every metric as a function of the rows' weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tasks.errors import GateError
from tasks.scoring.bootstrap import Statistics
from tasks.scoring.calibration import CALIBRATION_BINS, calibration_bin

if TYPE_CHECKING:
    from scipy.sparse import csr_array

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
    def scores(self) -> np.ndarray:
        """(N,) float64, each row's score, higher is better: whether the guess is right."""
        return self.correct

    @cached_property
    def statistics(self) -> Statistics:
        """The metrics as a function of the rows' weights."""
        return headline_statistics(self)

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
        raise GateError(tell_bad_rows(what, bad, lines, rows))


def tell_bad_rows(what: str, bad: np.ndarray, lines: Sequence[int], rows: int) -> str:
    """The sentence that a model's output cannot be measured. bad: positions of the rows."""
    return (
        f"the model's output is {what} for {len(bad)} of {rows} test rows (the first: line {lines[int(bad[0])]}). "
        "It is not measured and cannot be registered; lower the learning rate and train again."
    )


def headline_statistics(scored: Scored) -> Statistics:
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


def _calibration_gap(scored: Scored) -> "csr_array | None":
    """(N, bins): a row's confidence minus its being right, in the bin of its confidence."""
    if scored.probabilities is None:
        return None
    confidence = scored.confidence
    return _groups(calibration_bin(confidence), CALIBRATION_BINS, confidence - scored.correct)


def _groups(group: np.ndarray, size: int, values: np.ndarray | None = None) -> "csr_array":
    """(N, size), one value a row (1 unless given) in the column of the row's group."""
    from scipy.sparse import csr_array  # late: stages that measure nothing know targets, too

    rows = np.arange(len(group))
    data = np.ones(len(group)) if values is None else values
    return csr_array((data, (rows, group)), shape=(len(group), size))
