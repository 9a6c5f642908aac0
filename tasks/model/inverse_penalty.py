"""Features → how closely a linear head on them should fit, by cross-validation."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

GRID = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Values of C that are tried, on features of length 1."""
FOLDS = 5
MOST_ROWS = 2_000
"""At most so many rows are cross-validated: 77 labels take 5 CPU-seconds then."""
FLAT = 1e-4
"""Largest gradient of the mean loss at which a fit is over; at scikit-learn's usual one it has hardly begun."""
UNSURE = 30.0
"""What is taken where nothing can be held out."""


@dataclass(frozen=True)
class InversePenalty:
    """The C that was chosen, and what it was chosen from."""

    value: float
    losses: dict[float, float]
    """Of each C of the grid, the mean loss of rows that were held out; empty if none could be."""
    rows: int
    """How many were."""

    def as_json(self) -> dict[str, Any]:
        """As it stands in a report."""
        tried = [{"inverse_penalty": value, "loss": loss} for value, loss in self.losses.items()]
        return {"value": self.value, "tried": tried, "rows": self.rows}


Path = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, int]]
"""Positions of rows to learn from, and of rows held out → the summed loss of the latter for each C of GRID, and of how
many rows it is."""


def choose_inverse_penalty(
    path: Path,
    strata: np.ndarray,
    seed: int,
    *,
    groups: Sequence[Hashable] | None = None,
    is_scored: np.ndarray | None = None,
) -> InversePenalty:
    """The C of GRID with the lowest mean loss on held-out rows; of equal ones the smallest.

    strata: (N,) int64, what the folds are balanced by. groups: rows of one group are held out together. is_scored: (N,)
    bool, the rows that count when they are held out; all, if None.
    """
    rows = np.arange(len(strata))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    folds = _dealt(strata[rows], None if groups is None else [groups[int(row)] for row in rows], seed)
    counts = np.ones(len(strata), dtype=bool) if is_scored is None else is_scored
    losses, scored = np.zeros(len(GRID)), 0
    for fold in range(FOLDS):
        learned, held = rows[folds != fold], rows[(folds == fold) & counts[rows]]
        if len(learned) and len(held):
            found, of = path(learned, held)
            losses, scored = losses + found, scored + of
    if not scored:
        return InversePenalty(UNSURE, {}, 0)
    means = {value: round(float(loss) / scored, 6) for value, loss in zip(GRID, losses, strict=True)}
    return InversePenalty(min(GRID, key=lambda value: (means[value], value)), means, scored)


def logistic_path(features: np.ndarray, labels: np.ndarray) -> Path:
    """scikit-learn's logistic regression on features of any length, (N, D), and labels (N,): each fit starts from the
    one before. Rows of a label that is not learned do not count."""
    unit = to_length_one(features)

    def path(learned: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, int]:
        from sklearn.linear_model import LogisticRegression

        held = held[np.isin(labels[held], labels[learned])]
        if not len(held) or len(np.unique(labels[learned])) < 2:
            return np.zeros(len(GRID)), 0
        classifier = LogisticRegression(tol=FLAT, max_iter=1_000, warm_start=True)
        losses = []
        for value in GRID:
            classifier.set_params(C=value).fit(unit[learned], labels[learned])
            place = np.searchsorted(classifier.classes_, labels[held])
            of_truth = classifier.predict_proba(unit[held])[np.arange(len(held)), place]
            losses.append(-np.log(np.maximum(of_truth, np.finfo(np.float32).eps)).sum())
        return np.array(losses), len(held)

    return path


def to_length_one(features: np.ndarray) -> np.ndarray:
    """Rows of length 1, (N, D); a row of zeros stays one."""
    unit: np.ndarray = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    return unit


def _dealt(strata: np.ndarray, groups: Sequence[Hashable] | None, seed: int) -> np.ndarray:
    """The fold of each row, (n,) 0 … FOLDS - 1: stratum by stratum in turn, rows of one group together."""
    numbers: dict[Hashable, int] = {}
    group = np.arange(len(strata))
    if groups is not None:
        group = np.array([numbers.setdefault(each, len(numbers)) for each in groups], dtype=np.int64)
    _, first = np.unique(group, return_index=True)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(strata[first[order]], kind="stable")]
    fold_of_group = np.empty(len(first), dtype=np.int64)
    fold_of_group[order] = np.arange(len(first)) % FOLDS
    return fold_of_group[group]
