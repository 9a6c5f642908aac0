"""Weights are drawn back to where they started."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasks.finetune.penalties.base import Penalty, Term
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training


@settings
class L2Sp(Penalty):
    """strength/2 · Σ(w − w₀)² over the base, head_strength/2 · Σw² over the head. Li et al. 2018, arXiv 1802.01483."""

    kind: Literal["l2_sp"] = "l2_sp"
    strength: Annotated[float, Field(ge=0)] = 0.01
    """More keeps the base's weights nearer to the pre-trained ones."""
    head_strength: Annotated[float, Field(ge=0)] = 0.0
    """More keeps the head smaller."""

    def start(self, training: "Training") -> Term:
        return _Anchored(self, training)


class _Anchored(Term):
    def __init__(self, settings: L2Sp, training: "Training") -> None:
        self._settings = settings
        self._model = training.model
        self._start = {
            name: parameter.detach().clone()
            for name, parameter in training.model.named_parameters()
            if name in training.model.learnable and not name.startswith("head.")
        }

    def on_weights(self) -> "Tensor":
        import torch

        base = torch.zeros((), device=self._model.head.weight.device)
        for name, parameter in self._model.named_parameters():
            if name in self._start and parameter.requires_grad:
                base = base + (parameter - self._start[name]).square().sum()
        head = sum(parameter.square().sum() for parameter in self._model.head.parameters())
        return (self._settings.strength * base + self._settings.head_strength * head) / 2
