"""What the gate judges by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tasks.register.paired import Difference


@dataclass(frozen=True)
class SliceRows:
    """Right or wrong on a slice's n rows, (n,) bool each."""

    correct: np.ndarray
    champion: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """What is known about the model on the N test rows."""

    metrics: Mapping[str, float | None]
    """Headline metrics by name."""
    correct: np.ndarray
    """(N,) bool, where the model is right."""
    baselines: Mapping[str, Difference] = field(default_factory=dict)
    """The model's score minus each baseline's, paired."""
    champion: np.ndarray | None = None
    """(N,) bool for the champion re-scored on these rows; None if there is none."""
    slices: Mapping[str, SliceRows] = field(default_factory=dict)
    """Empty if there is no champion."""
    has_champion: bool = False
    """Whether there is a champion, asked or not."""
    metric: str = "accuracy"
    """What the differences are of."""


def best_baseline(evidence: Evidence) -> str | None:
    """The baseline that the model beats by least, one without a number before all; the first by name among equals."""

    def gain(name: str) -> tuple[float, str]:
        value = evidence.baselines[name].value
        return (value if math.isfinite(value) else -math.inf), name

    return min(evidence.baselines, key=gain, default=None)
