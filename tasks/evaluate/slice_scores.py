"""How well the model does on each slice, against all test rows"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.evaluate.slices import Slice
from tasks.scoring.bootstrap import Draws, bootstrap


def score_slices(
    slices: list[Slice],
    scores: np.ndarray,
    slice_scores: list[np.ndarray],
    draws: Draws,
) -> dict[str, dict[str, Any]]:
    """Each slice's rows, their mean score, and how much better that is than elsewhere, both with intervals.

    A part of the rows is held against all test rows, a slice with texts of its own against the same rows as they are.
    scores: (N,) of all test rows. slice_scores: the same for each slice's n rows, as the slice reads
    them. Both sides are drawn together, so the difference is paired.
    """
    if not slices:
        return {}
    statistics = _slice_statistics(slices, scores, slice_scores)
    samples = bootstrap(statistics, len(scores), draws)
    plain = statistics(np.ones((1, len(scores))))
    found: dict[str, dict[str, Any]] = {}
    for piece in slices:
        score, change = f"{piece.name} score", f"{piece.name} difference"
        found[piece.name] = {
            "rows": len(piece.rows),
            "score": _measured(plain[score], samples[score], draws),
            "difference": _measured(plain[change], samples[change], draws),
        }
    return found


def _slice_statistics(
    slices: list[Slice], scores: np.ndarray, slice_scores: list[np.ndarray]
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    member, hit, reference = (np.zeros((len(scores), len(slices))) for _ in range(3))
    for column, (piece, right) in enumerate(zip(slices, slice_scores, strict=True)):
        member[piece.rows, column] = 1
        hit[piece.rows, column] = right
        reference[:, column] = 1 if piece.texts is None else member[:, column]

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        score = _means(weights @ hit, weights @ member)
        difference = score - _means(weights @ (reference * scores[:, None]), weights @ reference)
        return {f"{piece.name} score": score[:, column] for column, piece in enumerate(slices)} | {
            f"{piece.name} difference": difference[:, column] for column, piece in enumerate(slices)
        }

    return statistics


def _means(hits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.divide(hits, rows, out=np.full_like(rows, np.nan), where=rows > 0)


def _measured(plain: np.ndarray, samples: np.ndarray, draws: Draws) -> dict[str, float]:
    low, high = draws.interval(samples)
    return {"value": float(plain[0]), "low": low, "high": high}
