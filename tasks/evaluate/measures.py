"""Scores → metrics with intervals, and one system against another on the same rows"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.scoring.bootstrap import Draws, Scores, bootstrap
from tasks.targets import Target

Measured = dict[str, dict[str, float]]
"""By metric: {"value", "low", "high"}."""


def with_intervals(found: Mapping[str, float], scores: Scores, draws: Draws) -> Measured:
    """Each metric as {"value", "low", "high"}. found: its values."""
    samples = bootstrap(scores.statistics, len(scores.scores), draws)
    return {name: _measured(found[name], drawn, draws) for name, drawn in samples.items()}


def compare(model: Scores, other: Scores, target: Target, draws: Draws) -> tuple[Measured, Measured]:
    """Another system's metrics on the same rows, and how much better the model is by each.

    Metrics that both have; a positive difference is always in the model's favour. Both are measured on the same
    resamples, so the difference is paired.
    """

    def both(weights: np.ndarray) -> dict[str, np.ndarray]:
        mine, others = model.statistics(weights), other.statistics(weights)
        better = {name: -1 if name in target.lower_is_better else 1 for name in others if name in mine}
        gain = {f"gain {name}": sign * (mine[name] - others[name]) for name, sign in better.items()}
        return {name: others[name] for name in better} | gain

    rows = len(model.scores)
    plain, samples = both(np.ones((1, rows))), bootstrap(both, rows, draws)
    measured = {name: _measured(float(plain[name][0]), drawn, draws) for name, drawn in samples.items()}
    own = {name: each for name, each in measured.items() if not name.startswith("gain ")}
    return own, {name: measured[f"gain {name}"] for name in own}


def _measured(value: float, samples: np.ndarray, draws: Draws) -> dict[str, Any]:
    low, high = draws.interval(samples)
    return {"value": float(value), "low": low, "high": high}
