"""How well the model does on each slice, against all test rows"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.evaluate.bootstrap import bootstrap, interval
from tasks.evaluate.slices import Slice


def score_slices(
    slices: list[Slice],
    correct: np.ndarray,
    slice_correct: list[np.ndarray],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Each slice's rows, accuracy and difference to all test rows, both with intervals.

    correct: (N,) right or not, on all test rows. slice_correct: the same for each slice's n rows, as the slice reads
    them. Slice and whole are drawn together, so the difference is paired.
    """
    if not slices:
        return {}
    statistics = _slice_statistics(slices, correct, slice_correct)
    samples = bootstrap(statistics, len(correct), resamples, seed)
    plain = statistics(np.ones((1, len(correct))))
    scores: dict[str, dict[str, Any]] = {}
    for piece in slices:
        accuracy, change = f"{piece.name} accuracy", f"{piece.name} difference"
        scores[piece.name] = {
            "rows": len(piece.rows),
            "accuracy": _measured(plain[accuracy], samples[accuracy], confidence),
            "difference": _measured(plain[change], samples[change], confidence),
        }
    return scores


def _slice_statistics(
    slices: list[Slice], correct: np.ndarray, slice_correct: list[np.ndarray]
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    member, hit = np.zeros((len(correct), len(slices))), np.zeros((len(correct), len(slices)))
    for column, (piece, right) in enumerate(zip(slices, slice_correct, strict=True)):
        member[piece.rows, column] = 1
        hit[piece.rows, column] = right

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        rows = weights @ member
        accuracy = np.divide(weights @ hit, rows, out=np.full_like(rows, np.nan), where=rows > 0)
        whole = (weights @ correct) / weights.sum(axis=1)
        found = {f"{piece.name} accuracy": accuracy[:, column] for column, piece in enumerate(slices)}
        return found | {
            f"{piece.name} difference": accuracy[:, column] - whole for column, piece in enumerate(slices)
        }

    return statistics


def _measured(plain: np.ndarray, samples: np.ndarray, confidence: float) -> dict[str, float]:
    low, high = interval(samples, confidence)
    return {"value": float(plain[0]), "low": low, "high": high}
