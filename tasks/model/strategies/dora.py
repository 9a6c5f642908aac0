"""Low-rank updates of direction, and a learned length for each row of the weights."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Dora(Strategy):
    """Nearer to full fine-tuning than LoRA at low ranks, slower a step. Liu et al. 2024, arXiv 2402.09353, by PEFT."""

    kind: Literal["dora"] = "dora"
    rank: Annotated[int, Field(ge=1, le=512)] = 8
    """More learns more; memory grows linearly."""
    alpha: Annotated[float, Field(gt=0)] = 16.0
    """The update is scaled by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout on the update's input."""
    targets: Literal["attention", "all"] = "all"
    """Linear maps that get an update: those of attention, or every one in the layers."""

    needs: ClassVar[tuple[str, ...]] = ("linear maps in its layers",)

    @property
    def learning_rate(self) -> float:
        return 2e-3

    def reshape(self, encoder: Any) -> None:
        from peft import LoraConfig, inject_adapter_in_model

        from tasks.model.encoder import linear_names

        config = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_dora=True,
            target_modules=linear_names(encoder, attention_only=self.targets == "attention"),
        )
        inject_adapter_in_model(config, encoder)

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".lora_" in name

    def merge(self, encoder: Any) -> None:
        from peft.tuners.lora import LoraLayer

        from tasks.model.tuners import fold

        fold(encoder, LoraLayer)
