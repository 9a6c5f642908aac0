"""Which labels are taken for which."""

from typing import Any

import numpy as np


def confusion_matrix(truth: np.ndarray, guess: np.ndarray, label_count: int) -> np.ndarray:
    """(C, C) int64: rows are true labels, columns are guesses."""
    return np.bincount(truth * label_count + guess, minlength=label_count**2).reshape(label_count, label_count)


def top_confusions(counts: np.ndarray, labels: tuple[str, ...], most: int = 20) -> list[dict[str, Any]]:
    """The pairs most often confused, most frequent first: actual, predicted, rows, and their share of the actual."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(cell), len(labels)) for cell in order]
    return [
        {
            "actual": labels[actual],
            "predicted": labels[predicted],
            "rows": int(wrong[actual, predicted]),
            "share": float(wrong[actual, predicted] / counts[actual].sum()),
        }
        for actual, predicted in pairs
        if wrong[actual, predicted]
    ]
