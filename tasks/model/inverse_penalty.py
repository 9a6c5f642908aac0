"""Features and labels → how closely a logistic regression on them should fit, by cross-validation."""

from collections.abc import Sequence
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
"""What is taken where no label has two rows, so that nothing can be held out."""


@dataclass(frozen=True)
class InversePenalty:
    """The C that was chosen, and what it was chosen from."""

    value: float
    log_loss: dict[float, float]
    """Of each C of the grid, the mean log loss of rows that were held out; empty if none could be."""
    rows: int
    """How many were."""

    def as_json(self) -> dict[str, Any]:
        """As it stands in a report."""
        tried = [{"inverse_penalty": value, "log_loss": loss} for value, loss in self.log_loss.items()]
        return {"value": self.value, "tried": tried, "rows": self.rows}


def choose_inverse_penalty(
    features: np.ndarray,
    labels: np.ndarray,
    seed: int,
    *,
    label_weights: np.ndarray | None = None,
    parents: Sequence[str] | None = None,
) -> InversePenalty:
    """The C of GRID with the lowest log loss on held-out rows; of equal ones the smallest.

    features: (N, D), of any length; labels: (N,) int64; label_weights: (C,). parents: what each row was made from; rows
    of one parent are held out together, and only the first of them counts.
    """
    unit = to_length_one(features)
    rows, is_scored = _drawn(labels, parents, seed)
    folds = _dealt(labels[rows], parents and [parents[row] for row in rows], seed)
    losses = np.zeros(len(GRID))
    scored = 0
    for fold in range(FOLDS):
        learned, held = rows[folds != fold], rows[(folds == fold) & is_scored]
        held = held[np.isin(labels[held], labels[learned])]  # of a label with one row nothing can be learned
        if len(held) and len(np.unique(labels[learned])) > 1:
            weights = None if label_weights is None else label_weights[labels[learned]]
            losses += _path(unit[learned], labels[learned], weights, unit[held], labels[held])
            scored += len(held)
    if not scored:
        return InversePenalty(UNSURE, {}, 0)
    means = {value: round(float(loss) / scored, 6) for value, loss in zip(GRID, losses, strict=True)}
    return InversePenalty(min(GRID, key=lambda value: (means[value], value)), means, scored)


def to_length_one(features: np.ndarray) -> np.ndarray:
    """Rows of length 1, (N, D); a row of zeros stays one."""
    unit: np.ndarray = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    return unit


def _path(
    learned: np.ndarray, labels: np.ndarray, weights: np.ndarray | None, held: np.ndarray, truth: np.ndarray
) -> np.ndarray:
    """The summed log loss of the held-out rows for each C, (len(GRID),); each fit starts from the one before."""
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(tol=FLAT, max_iter=1_000, warm_start=True)
    losses = []
    for value in GRID:
        classifier.set_params(C=value).fit(learned, labels, sample_weight=weights)
        probabilities = classifier.predict_proba(held)
        of_truth = probabilities[np.arange(len(truth)), np.searchsorted(classifier.classes_, truth)]
        losses.append(-np.log(np.maximum(of_truth, np.finfo(np.float32).eps)).sum())
    return np.array(losses)


def _drawn(labels: np.ndarray, parents: Sequence[str] | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """At most MOST_ROWS rows, (n,), in their order, and which of them are the first of their parent, (n,) bool."""
    _, first = np.unique(_groups(len(labels), parents), return_index=True)
    is_first = np.isin(np.arange(len(labels)), first)
    rows = np.arange(len(labels))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    return rows, is_first[rows]


def _dealt(labels: np.ndarray, parents: Sequence[str] | None, seed: int) -> np.ndarray:
    """The fold of each row, (n,) 0 … FOLDS - 1: label by label in turn, rows of one parent together."""
    group = _groups(len(labels), parents)
    _, first = np.unique(group, return_index=True)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(labels[first[order]], kind="stable")]
    fold_of_group = np.empty(len(first), dtype=np.int64)
    fold_of_group[order] = np.arange(len(first)) % FOLDS
    return fold_of_group[group]


def _groups(rows: int, parents: Sequence[str] | None) -> np.ndarray:
    """Rows of one parent have one number, (rows,), counted up as they come; each its own if no parents are told."""
    if parents is None:
        return np.arange(rows)
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(parent, len(numbers)) for parent in parents], dtype=np.int64)
