"""Where the weights stood at the start, and how far they have come: what L2-SP and EWC share."""

from collections.abc import Mapping

import torch
from torch import Tensor

from tasks.model.classifier import Classifier, parameter_depths


class Anchor:
    """The base's learnable weights as they are now, kept. What a strategy adds to the base is among them."""

    def __init__(self, model: Classifier) -> None:
        self._model = model
        self._start = {
            name: parameter.detach().clone()
            for name, parameter in model.named_parameters()
            if name in model.learnable and not name.startswith("head.")
        }

    @property
    def names(self) -> list[str]:
        """Which weights they are."""
        return list(self._start)

    def distance(self, importance: Mapping[str, Tensor] | None = None) -> Tensor:
        """Σ F (w − w₀)² over what learns just now; F is 1, or each weight's `importance`."""
        sum_ = torch.zeros((), device=self._model.head.weight.device)
        for name, parameter in self._model.named_parameters():
            if name in self._start and parameter.requires_grad:
                squares = (parameter - self._start[name]).square()
                sum_ = sum_ + (squares if importance is None else importance[name] * squares).sum()
        return sum_


def why_nothing_is_held(model: Classifier) -> str:
    """Why an anchor would hold nothing pre-trained; "" if it would hold something."""
    depths = parameter_depths(model)
    if {depths[name] for name in model.learnable if not name.startswith("head.")} <= {0}:
        return "what learns lies before all layers, so no pre-trained weight moves"
    return ""
