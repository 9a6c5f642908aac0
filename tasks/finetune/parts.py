"""Finished trainings, and what was made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from tasks.finetune.judge import Judge
from tasks.finetune.settings import FinetuneSettings

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Part:
    """A training that is over."""

    settings: FinetuneSettings
    weights: Weights
    """What learned, after the best epoch; not calibrated."""
    first: Weights
    """The same before the first step, where the step asks for it."""
    report: dict[str, Any]
    """What the stage would report if this were all."""


@dataclass(frozen=True)
class Scored:
    """Weights and what they say of the val rows."""

    weights: Weights
    logits: Tensor
    """(N, C)"""
    scores: dict[str, float]

    @property
    def rank(self) -> tuple[float, float]:
        """More is better; epochs are picked by the same."""
        return self.scores["val_score"], -self.scores["val_loss"]


@dataclass(frozen=True)
class Combined:
    """The one model, not calibrated."""

    models: Sequence[tuple[Any, Weights]]
    """(strategy, weights); several are an ensemble."""
    logits: Tensor
    """(N, C) on val."""
    best_part: int
    """The part that is best on val."""
    report: dict[str, Any] = field(default_factory=dict)
    """parts, result and what else the step found out."""


def scored(judge: Judge, strategy: Any, weights: Weights) -> Scored:
    """These weights on val."""
    logits = judge.logits(strategy, weights)
    return Scored(weights, logits, judge.scores(logits))


def described(part: Part, patch: Mapping[str, Any]) -> dict[str, Any]:
    """A member as its row in the report begins."""
    name = ", ".join(f"{key} {_shown(value)}" for key, value in patch.items()) or "finetune as it is"
    return {
        "name": name,
        "strategy": part.settings.strategy.kind,
        "best_epoch": part.report["best_epoch"],
        "trainable": part.report["parameters"]["trainable"],
    }


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_shown(each)}" if key != "kind" else str(each) for key, each in value.items())
    return str(value)
