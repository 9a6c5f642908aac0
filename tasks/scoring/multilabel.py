"""Several labels a row: F1 as a function of the rows' weights, and the thresholds that make it highest."""

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
