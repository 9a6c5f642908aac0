"""Asked and got shares: what dealing by hash costs in proportions."""

from typing import Any

import numpy as np
import numpy.typing as npt


def share_deviations(
    counts: dict[str, npt.NDArray[np.int64]], labels: list[str], asked: dict[str, float]
) -> dict[str, dict[str, Any]]:
    """For each side that is drawn: the share asked for and got, the label farthest off, and how far labels are off.

    counts: (labels,) rows of each side. A label with n rows is off by z standard deviations of the binomial,
    sqrt(p (1 - p) / n); `root_mean_square_z` over all labels is about 1 if the hash deals like fair dice, somewhat more
    if many rows are near-duplicates, which move together.
    """
    dealt = sum((counts[side] for side in ("train", *asked)), np.zeros(len(labels), np.int64))
    return {side: _deviation(counts[side], dealt, labels, share) for side, share in asked.items() if share}


def _deviation(
    got: npt.NDArray[np.int64], dealt: npt.NDArray[np.int64], labels: list[str], asked: float
) -> dict[str, Any]:
    known = np.flatnonzero(dealt)
    off = got[known] / dealt[known] - asked
    expected = np.sqrt(asked * (1 - asked) / dealt[known])
    worst = int(np.argmax(np.abs(off)))
    return {
        "asked": asked,
        "got": round(float(got.sum() / dealt.sum()), 6),
        "largest_label_deviation": round(float(off[worst]), 6),
        "largest_label_deviation_label": labels[int(known[worst])],
        "largest_label_deviation_expected_sd": round(float(expected[worst]), 6),
        "root_mean_square_z": round(float(np.sqrt(np.mean((off / expected) ** 2))), 4),
    }
