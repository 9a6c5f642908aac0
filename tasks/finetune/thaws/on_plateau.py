"""Layers join when what learns already has stopped getting better on val."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from tasks.finetune.thaws.base import Epoch, Thaw
from tasks.settings import settings


@settings
class OnPlateau(Thaw):
    """Unfreezing driven by validation: the next layers join after `patience` epochs without a lower val loss."""

    kind: Literal["on_plateau"] = "on_plateau"
    start: Annotated[int, Field(ge=0)] = 0
    """Top layers that learn in the first epoch; 0: the head alone."""
    layers: Annotated[int, Field(ge=1)] = 1
    """Layers that join each time."""
    patience: Annotated[int, Field(ge=1)] = 1
    """Epochs without a gain before layers join."""
    smallest_gain: Annotated[float, Field(ge=0)] = 0.01
    """A val loss lower by less than this share of it is no gain."""

    def top_layers(self, layers: int, history: Sequence[Epoch]) -> int:
        top, best, waited = self.start, float("inf"), 0
        for epoch in history:
            if epoch["val_loss"] < best * (1 - self.smallest_gain):
                best, waited = epoch["val_loss"], 0
            else:
                waited += 1
            if waited == self.patience:
                top, waited = top + self.layers, 0
        return min(layers + 1, top)

    @property
    def is_moving(self) -> bool:
        return True
