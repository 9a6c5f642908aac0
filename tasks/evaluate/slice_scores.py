"""How well the model does on each slice, against all test rows"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.evaluate.slices import Slice
from tasks.scoring.bootstrap import Draws, bootstrap


def score_slices(
    slices: list[Slice],
    correct: np.ndarray,
    slice_correct: list[np.ndarray],
    draws: Draws,
) -> dict[str, dict[str, Any]]:
    """Each slice's rows, its accuracy, and how much better that is than elsewhere, both with intervals.

    A part of the rows is held against all test rows, a slice with texts of its own against the same rows as they are.
    correct: (N,) right or not, on all test rows. slice_correct: the same for each slice's n rows, as the slice reads
    them. Both sides are drawn together, so the difference is paired.
    """
    if not slices:
        return {}
    statistics = _slice_statistics(slices, correct, slice_correct)
    samples = bootstrap(statistics, len(correct), draws)
    plain = statistics(np.ones((1, len(correct))))
    scores: dict[str, dict[str, Any]] = {}
    for piece in slices:
        accuracy, change = f"{piece.name} accuracy", f"{piece.name} difference"
        scores[piece.name] = {
            "rows": len(piece.rows),
            "accuracy": _measured(plain[accuracy], samples[accuracy], draws),
            "difference": _measured(plain[change], samples[change], draws),
        }
    return scores


def _slice_statistics(
    slices: list[Slice], correct: np.ndarray, slice_correct: list[np.ndarray]
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    member, hit, reference = (np.zeros((len(correct), len(slices))) for _ in range(3))
    for column, (piece, right) in enumerate(zip(slices, slice_correct, strict=True)):
        member[piece.rows, column] = 1
        hit[piece.rows, column] = right
        reference[:, column] = 1 if piece.texts is None else member[:, column]

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        accuracy = _shares(weights @ hit, weights @ member)
        difference = accuracy - _shares(weights @ (reference * correct[:, None]), weights @ reference)
        return {f"{piece.name} accuracy": accuracy[:, column] for column, piece in enumerate(slices)} | {
            f"{piece.name} difference": difference[:, column] for column, piece in enumerate(slices)
        }

    return statistics


def _shares(hits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.divide(hits, rows, out=np.full_like(rows, np.nan), where=rows > 0)


def _measured(plain: np.ndarray, samples: np.ndarray, draws: Draws) -> dict[str, float]:
    low, high = draws.interval(samples)
    return {"value": float(plain[0]), "low": low, "high": high}
