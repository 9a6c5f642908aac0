"""How good a trial must be after each epoch to go on"""

import statistics
from collections.abc import Sequence
from itertools import accumulate

STARTUP = 4
"""So many trials are trained to their end before any is stopped."""


def median_floors(curves: Sequence[Sequence[float]], startup: int = STARTUP) -> dict[int, float]:
    """Epoch (from 1) → the median of what the finished trials had reached by then; {} while there are few of them.

    The median stopping rule of Golovin et al. 2017 (Google Vizier), §3.2.2, with the best value so far instead of the
    mean: what counts is the best epoch. curves: each finished trial's val score by epoch.
    """
    if len(curves) < startup:
        return {}
    reached = [list(accumulate(curve, max)) for curve in curves]
    longest = max(len(each) for each in reached)
    return {
        epoch: statistics.median(each[min(epoch, len(each)) - 1] for each in reached) for epoch in range(1, longest + 1)
    }
