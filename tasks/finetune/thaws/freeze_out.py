"""The other way round: lower layers stop learning early."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from tasks.finetune.thaws.base import Epoch, Thaw
from tasks.settings import settings


@settings
class FreezeOut(Thaw):
    """Layers freeze again from the bottom, to save work. After Brock et al. 2017, arXiv 1706.04983, by whole epochs."""

    kind: Literal["freeze_out"] = "freeze_out"
    layers: Annotated[int, Field(ge=1)] = 1
    """Layers that freeze each time; the embeddings go with the lowest."""
    epochs: Annotated[int, Field(ge=1)] = 1
    """Epochs between two times."""

    def top_layers(self, layers: int, history: Sequence[Epoch]) -> int:
        gone = self.layers * (len(history) // self.epochs)
        return layers + 1 if gone == 0 else max(0, layers - gone)

    @property
    def is_moving(self) -> bool:
        return True
