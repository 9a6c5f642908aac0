"""What LoRA and its kin share."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class LowRank(Strategy):
    """W + s B A with W frozen, through PEFT's own tuner."""

    rank: Annotated[int, Field(ge=1, le=512)] = 8
    """More learns more; memory grows linearly."""
    alpha: Annotated[float, Field(gt=0)] = 16.0
    """The update is scaled by alpha / rank; see also scaling, where there is one."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout on the update's input."""
    targets: Literal["attention", "all"] = "all"
    """Linear maps that get an update: those of attention, or every one in the layers."""

    needs: ClassVar[tuple[str, ...]] = ("linear maps in its layers",)
    learns_in: ClassVar[Literal["own", "merged", "added"]] = "merged"

    @property
    def learning_rate(self) -> float:
        return 2e-3

    def config(self, encoder: Any, **more: Any) -> Any:
        """PEFT's LoraConfig for these settings; `more` are keys of it."""
        from peft import LoraConfig  # here: importing peft costs 4 s of CPU

        return LoraConfig(r=self.rank, **self.shared_settings(encoder), **more)

    def shared_settings(self, encoder: Any) -> dict[str, Any]:
        """The keys that PEFT's configs of low-rank updates share, but for the rank."""
        from tasks.model.encoder import are_transposed, linear_names

        names = linear_names(encoder, attention_only=self.targets == "attention")
        return {
            "lora_alpha": self.alpha,
            "lora_dropout": self.dropout,
            "target_modules": names,
            "fan_in_fan_out": are_transposed(encoder, names),
        }

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".lora_" in name

    def merge(self, encoder: Any) -> None:
        from peft.tuners.lora import LoraLayer

        from tasks.model.tuners import fold

        fold(encoder, LoraLayer)
