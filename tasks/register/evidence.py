"""What the gate judges by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tasks.register.paired import Difference
from tasks.scoring.bootstrap import Scores
from tasks.targets import Target

Metrics = Mapping[str, float | None]
"""Values by name; None for what is no finite number."""


@dataclass(frozen=True)
class SliceScores:
    """The scores of a slice's n rows, (n,) float64 each."""

    model: np.ndarray
    champion: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """What is known about the model on the N test rows."""

    target: Target
    metrics: Metrics
    """Headline metrics by name."""
    model: Scores
    """Of the model on the N rows."""
    baselines: Mapping[str, Difference] = field(default_factory=dict)
    """How much better the model is than each baseline by the target's verdict metric, paired."""
    champion: Scores | None = None
    """Of the champion re-scored on these rows; None if there is none."""
    slices: Mapping[str, SliceScores] = field(default_factory=dict)
    """Empty if there is no champion."""
    extra: Mapping[str, Metrics] = field(default_factory=dict)
    """Metrics on further test sets, by the sets' names."""
    has_champion: bool = False
    """Whether there is a champion, asked or not."""


def best_baseline(evidence: Evidence) -> str | None:
    """The baseline that the model beats by least, one without a number before all; the first by name among equals."""

    def gain(name: str) -> tuple[float, str]:
        value = evidence.baselines[name].value
        return (value if math.isfinite(value) else -math.inf), name

    return min(evidence.baselines, key=gain, default=None)
