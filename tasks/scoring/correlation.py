"""Correlation of answers and truth as a function of the rows' weights."""

import numpy as np

from tasks.scoring.bootstrap import Statistics


def correlation_statistics(true: np.ndarray, given: np.ndarray) -> Statistics:
    """Spearman's and Pearson's correlation as functions of the rows' weights; 0 where one side does not vary, as then nothing is told."""

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
