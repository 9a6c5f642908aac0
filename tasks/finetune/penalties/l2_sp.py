"""Weights are drawn back to where they started."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasks.finetune.penalties.base import Penalty, Term
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training
    from tasks.model.classifier import Classifier


@settings
class L2Sp(Penalty):
    """strength/2 · Σ(w − w₀)² over the base, head_strength/2 · Σw² over the head. Li et al. 2018, arXiv 1802.01483."""

    kind: Literal["l2_sp"] = "l2_sp"
    strength: Annotated[float, Field(ge=0)] = 0.01
    """More keeps the base's weights nearer to the pre-trained ones."""
    head_strength: Annotated[float, Field(ge=0)] = 0.0
    """More keeps the head smaller."""

    @property
    def held_copies(self) -> int:
        return 1

    def why_idle(self, model: "Classifier") -> str:
        from tasks.finetune.penalties.anchor import why_nothing_is_held

        if self.head_strength:
            return ""
        return why_nothing_is_held(model) if self.strength else "strength and head_strength are 0"

    def start(self, training: "Training") -> Term:
        return _Anchored(self, training)


class _Anchored(Term):
    def __init__(self, settings: L2Sp, training: "Training") -> None:
        from tasks.finetune.penalties.anchor import Anchor

        self._settings = settings
        self._head = training.model.head
        self._anchor = Anchor(training.model)

    def on_weights(self) -> "Tensor":
        head = sum(parameter.square().sum() for parameter in self._head.parameters())
        return (self._settings.strength * self._anchor.distance() + self._settings.head_strength * head) / 2
