"""The biases learn; every matrix is frozen."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class BitFit(Strategy):
    """A thousandth of the base's parameters, and no added module. Ben Zaken et al. 2021, arXiv 2106.10199."""

    kind: Literal["bitfit"] = "bitfit"
    layers: Annotated[int, Field(ge=0)] = 0
    """How many layers' biases learn, counted from the top; 0: every bias of the base."""

    needs: ClassVar[tuple[str, ...]] = ("biases",)
    learns_in: ClassVar[Literal["own", "merged", "added"]] = "own"

    @property
    def learning_rate(self) -> float:
        return 2e-3

    def trains(self, name: str, depth: int, layers: int) -> bool:
        return name.endswith(".bias") and (self.layers == 0 or depth > layers - self.layers)
