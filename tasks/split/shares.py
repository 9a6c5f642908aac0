"""Asked and got shares: what dealing by hash costs in proportions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


def share_deviations(
    counts: dict[str, npt.NDArray[np.int64]], strata: list[str], asked: dict[str, float], rows: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """For each side that is drawn: the share asked for and got, the stratum farthest off, and how far strata are off.

    counts: (strata,) rows of each side. rows: all of each side, which may be in no stratum, or in several. A stratum
    with n rows is off by z standard deviations of the binomial,
    sqrt(p (1 - p) / n); `root_mean_square_z` over all strata is about 1 if the hash deals like fair dice, somewhat more
    if many rows are near-duplicates, which move together.
    """
    sides = ("train", *asked)
    dealt = sum((counts[side] for side in sides), np.zeros(len(strata), np.int64))
    together = sum(rows[side] for side in sides)
    return {
        side: {"asked": share, "got": round(rows[side] / together, 6)} | _deviation(counts[side], dealt, strata, share)
        for side, share in asked.items()
        if share
    }


def _deviation(
    got: npt.NDArray[np.int64], dealt: npt.NDArray[np.int64], strata: list[str], asked: float
) -> dict[str, Any]:
    known = np.flatnonzero(dealt)
    if not len(known):
        return {}
    off = got[known] / dealt[known] - asked
    expected = np.sqrt(asked * (1 - asked) / dealt[known])
    worst = int(np.argmax(np.abs(off)))
    return {
        "largest_deviation": round(float(off[worst]), 6),
        "largest_deviation_stratum": strata[int(known[worst])],
        "largest_deviation_expected_sd": round(float(expected[worst]), 6),
        "root_mean_square_z": round(float(np.sqrt(np.mean((off / expected) ** 2))), 4),
    }
