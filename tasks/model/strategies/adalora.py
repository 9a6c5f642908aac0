"""Low-rank updates whose ranks are shared out, while they learn, to where they matter."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tasks.model.strategies.low_rank import LowRank
from tasks.settings import settings


@settings
class AdaLora(LowRank):
    """LoRA as P E Q with few singular values at the end where they do little. Zhang et al. 2023, arXiv 2303.10512.

    By PEFT. The update is scaled by alpha / start_rank. Where an earlier epoch than the last is best, it is kept with
    the ranks that it had.
    """

    kind: Literal["adalora"] = "adalora"
    rank: Annotated[int, Field(ge=1, le=512)] = 8
    """What a map gets on average in the end; one may get more than another."""
    start_rank: Annotated[int, Field(ge=2, le=768)] = 12
    """What each map starts with, more than rank: more leaves more to choose from; memory grows linearly."""
    start_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps before the first rank is taken away."""
    end_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.3
    """Share of the steps, at the end, in which ranks stay as they are."""
    every_steps: Annotated[int, Field(ge=1)] = 10
    """Steps between two times at which ranks are shared out anew."""
    smoothing: Annotated[float, Field(gt=0, lt=1)] = 0.85
    """Of importance over the steps: more looks further back."""
    orthogonality: Annotated[float, Field(ge=0)] = 0.5
    """Weight of the penalty that holds P and Q orthogonal, so that singular values can be compared."""

    compares_layers: ClassVar[bool] = True

    @model_validator(mode="after")
    def _has_ranks_to_take(self) -> Self:
        if self.start_rank <= self.rank:
            raise ValueError(f"start_rank {self.start_rank} is not above rank {self.rank}, so no rank could be taken")
        if self.start_fraction + self.end_fraction >= 1:
            raise ValueError("start_fraction and end_fraction leave no steps between them; lower one")
        return self

    def reshape(self, encoder: Any) -> None:
        from peft import AdaLoraConfig, inject_adapter_in_model

        from tasks.model.rank_allocation import Allocation

        shared = self.shared_settings(encoder)
        inject_adapter_in_model(AdaLoraConfig(init_r=self.start_rank, total_step=1, **shared), encoder)
        encoder.rank_allocation = Allocation(encoder, rank=self.rank, smoothing=self.smoothing)

    def penalty(self, encoder: Any) -> Any:
        from tasks.model.rank_allocation import distance_from_orthogonal

        return self.orthogonality * distance_from_orthogonal(encoder) if self.orthogonality else None

    def after_step(self, encoder: Any, step: int, steps: int) -> None:
        first, last = int(steps * self.start_fraction), int(steps * self.end_fraction)
        encoder.rank_allocation.follow(encoder, step, steps, first=first, last=last, every=self.every_steps)

    def memory(self, encoder: Any) -> dict[str, Any]:
        found: dict[str, Any] = encoder.rank_allocation.memory()
        return found

    def recall(self, encoder: Any, memory: dict[str, Any]) -> None:
        encoder.rank_allocation.recall(encoder, memory)
