"""Layers join from the top, one after the other."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from tasks.finetune.thaws.base import Epoch, Thaw
from tasks.settings import settings


@settings
class ByEpoch(Thaw):
    """Gradual unfreezing. Howard & Ruder 2018, arXiv 1801.06146, section 3.3; on transformers the gain is often nil."""

    kind: Literal["by_epoch"] = "by_epoch"
    start: Annotated[int, Field(ge=0)] = 0
    """Top layers that learn in the first epoch; 0: the head alone."""
    layers: Annotated[int, Field(ge=1)] = 1
    """Layers that join each time."""
    epochs: Annotated[int, Field(ge=1)] = 1
    """Epochs between two times."""

    def top_layers(self, layers: int, history: Sequence[Epoch]) -> int:
        return min(layers + 1, self.start + self.layers * (len(history) // self.epochs))

    @property
    def is_moving(self) -> bool:
        return True
