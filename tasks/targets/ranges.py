"""Numbers as cells hold them, and told by ranges: those of equally many rows, a histogram, and quantiles."""

import math
from itertools import pairwise

import numpy as np

HISTOGRAM_BINS = 20
"""Ranges of equal width that a page draws."""


def as_number(cell: str) -> float | None:
    """The finite number that a cell holds; None if it holds none. An underscore is no part of a number here."""
    try:
        number = float(cell) if "_" not in cell else math.nan
    except ValueError:
        return None
    return number + 0.0 if math.isfinite(number) else None


def equal_ranges(numbers: np.ndarray, count: int) -> list[str]:
    """The range that each number lies in, named by its borders, among at most `count` of equally many numbers."""
    if not len(numbers):
        return []
    borders = np.unique(np.quantile(numbers, np.linspace(0, 1, count + 1)))
    names = [f"{low:g} to {high:g}" for low, high in pairwise(borders)] or [f"{borders[0]:g}"]
    place = np.clip(np.searchsorted(borders, numbers, side="right") - 1, 0, len(names) - 1)
    return [names[each] for each in place.tolist()]


def histogram(numbers: np.ndarray) -> dict[str, int]:
    """How many numbers lie in each range of equal width."""
    if not len(numbers):
        return {}
    counts, borders = np.histogram(numbers, bins=HISTOGRAM_BINS)
    names = [f"{low:.4g} … {high:.4g}" for low, high in pairwise(borders)]
    return dict(zip(names, counts.tolist(), strict=True))


def quantiles(numbers: np.ndarray) -> dict[str, float]:
    """Smallest, quartiles, mean and largest."""
    if not len(numbers):
        return {}
    names = ("smallest", "lower quartile", "median", "upper quartile", "largest")
    found = dict(zip(names, np.quantile(numbers, np.linspace(0, 1, 5)).tolist(), strict=True))
    return found | {"mean": float(numbers.mean()), "standard deviation": float(numbers.std())}
