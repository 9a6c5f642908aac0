"""Metrics as functions of the rows' weights: F1 of several labels a row, and correlations of numbers."""

import numpy as np

from tasks.scoring.bootstrap import Statistics


def f1_statistics(true: np.ndarray, guess: np.ndarray) -> Statistics:
    """Macro and micro F1 of (N, C) bool. Labels that are neither true nor guessed are left out of the macro mean."""
    hits, support, guessed = ((each).astype(np.float64) for each in (true & guess, true, guess))

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        found, both = weights @ hits, weights @ support + weights @ guessed
        f1 = np.divide(2 * found, both, out=np.zeros_like(found), where=both > 0)
        total = both.sum(axis=1)
        return {
            "macro_f1": f1.sum(axis=1) / np.maximum(1, (both > 0).sum(axis=1)),
            "micro_f1": np.divide(2 * found.sum(axis=1), total, out=np.zeros(len(total)), where=total > 0),
        }

    return statistics


def best_threshold(given: np.ndarray, true: np.ndarray) -> float:
    """The bound with the highest F1 on held-out rows, half-way to the next probability below; 0.5 where no row has the
    label. given: (N,) probabilities, true: (N,) bool."""
    if not true.any():
        return 0.5
    order = np.argsort(-given, kind="stable")
    ranked = given[order]
    f1 = 2 * np.cumsum(true[order]) / (np.arange(1, len(order) + 1) + true.sum())
    is_last = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.argmax(np.where(is_last, f1, -1.0)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def correlation_statistics(true: np.ndarray, given: np.ndarray) -> Statistics:
    """Spearman's and Pearson's correlation as functions of the rows' weights; 0 where one side does not vary."""

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        ranks = weighted_ranks(true, weights), weighted_ranks(given, weights)
        plain = np.broadcast_to(true, weights.shape), np.broadcast_to(given, weights.shape)
        return {"spearman": _correlation(*ranks, weights), "pearson": _correlation(*plain, weights)}

    return statistics


def weighted_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R, N): each row's mean rank when row n stands there weights[r, n] times; equal values share their rank."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    group = np.concatenate([[0], np.cumsum(ranked[1:] != ranked[:-1])])
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    of_group = np.add.reduceat(weights[:, order], starts, axis=1)
    middle = np.cumsum(of_group, axis=1) - of_group / 2
    ranks = np.empty_like(weights)
    ranks[:, order] = middle[:, group]
    return ranks


def _correlation(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1, keepdims=True)
    a, b = (each - (weights * each).sum(axis=1, keepdims=True) / total for each in (one, other))
    below = np.sqrt((weights * a * a).sum(axis=1) * (weights * b * b).sum(axis=1))
    return np.divide((weights * a * b).sum(axis=1), below, out=np.zeros(len(below)), where=below > 1e-12)
