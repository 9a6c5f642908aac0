"""Every weight learns."""

from typing import ClassVar, Literal

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Full(Strategy):
    """The reference: most freedom, most cost."""

    kind: Literal["full"] = "full"

    learns_in: ClassVar[Literal["own", "merged", "added"]] = "own"

    @property
    def learning_rate(self) -> float:
        return 2e-4

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return True
