"""The states of a few tokens are edited in a small subspace; no weight of the base changes."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Reft(Strategy):
    """LoReFT: h + Rᵀ(Wh + b − Rh), the rows of R orthonormal. Wu et al. 2024, arXiv 2404.03592; cannot be merged.

    W starts as R and b as 0, so that nothing is edited at first; the paper's code starts W at random.
    """

    kind: Literal["reft"] = "reft"
    rank: Annotated[int, Field(ge=1, le=512)] = 4
    """Dimensions of the subspace: more learns more; memory grows linearly."""
    first: Annotated[int, Field(ge=0)] = 4
    """How many tokens are edited from a row's beginning."""
    last: Annotated[int, Field(ge=0)] = 4
    """How many from its end, padding not counted."""
    layers: Annotated[int, Field(ge=0)] = 0
    """Behind how many layers, counted from the top; 0: behind each."""

    @model_validator(mode="after")
    def _edits_something(self) -> Self:
        if self.first + self.last == 0:
            raise ValueError("first and last are both 0, so no token would be edited; raise one")
        return self

    @property
    def learning_rate(self) -> float:
        return 2e-3

    def reshape(self, encoder: Any) -> None:
        from tasks.model.low_rank_edit import edit_states

        edit_states(encoder, rank=self.rank, first=self.first, last=self.last, layers=self.layers)

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".low_rank_edit." in name

    def edited_share(self, lengths: Sequence[int], layers: int) -> float:
        """The share of all states (rows' tokens behind each of the base's `layers`) that are edited, 0 to 1."""
        edited = sum(min(length, self.first + self.last) for length in lengths)
        return edited * (self.layers or layers) / (sum(lengths) * layers)
