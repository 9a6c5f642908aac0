"""Whether a confidence of 0.8 is right 8 times in 10."""

from typing import Any

import numpy as np

CALIBRATION_BINS = 15
"""Guo et al. 2017 use 15 bins of equal width."""


def calibration_bin(confidence: np.ndarray, bins: int = CALIBRATION_BINS) -> np.ndarray:
    """Each confidence's bin, 0 … bins-1; bin m holds (m / bins, (m + 1) / bins]."""
    return np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)


def reliability_bins(confidence: np.ndarray, correct: np.ndarray, bins: int = CALIBRATION_BINS) -> list[dict[str, Any]]:
    """Of each equal-width bin that holds rows: its borders, rows, mean confidence and accuracy (Guo et al. 2017)."""
    bin_of = calibration_bin(confidence, bins)
    found = []
    for number in np.unique(bin_of):
        inside = bin_of == number
        found.append(
            {
                "from": round(number / bins, 6),
                "to": round((number + 1) / bins, 6),
                "rows": int(inside.sum()),
                "confidence": float(confidence[inside].mean(dtype=np.float64)),
                "accuracy": float(correct[inside].mean(dtype=np.float64)),
            }
        )
    return found
