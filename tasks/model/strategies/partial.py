"""The top layers learn; what lies below them is frozen, and its states are computed once."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Partial(Strategy):
    """Most of full fine-tuning's gain for a part of its cost."""

    kind: Literal["partial"] = "partial"
    layers: Annotated[int, Field(ge=1)] = 2
    """How many layers learn, counted from the top."""

    learns_in: ClassVar[Literal["own", "merged", "added"]] = "own"

    @property
    def learning_rate(self) -> float:
        return 3e-4

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return depth > layers - self.layers
