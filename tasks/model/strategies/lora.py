"""Low-rank updates beside frozen weights."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Lora(Strategy):
    """Small on disk, mergeable. Hu et al. 2021, arXiv 2106.09685, through PEFT's own tuner."""

    kind: Literal["lora"] = "lora"
    rank: Annotated[int, Field(ge=1, le=512)] = 8
    """More learns more; memory grows linearly."""
    alpha: Annotated[float, Field(gt=0)] = 16.0
    """Of the update, see scaling."""
    scaling: Literal["rank", "root_rank"] = "rank"
    """The update is scaled by alpha / rank, or by alpha / √rank (Kalajdzievski 2023, arXiv 2312.03732)."""
    up_faster: Annotated[float, Field(ge=1, le=1000)] = 1.0
    """So many times faster learns B than A: LoRA+ (Hayou et al. 2024, arXiv 2402.12354), which takes 16; 1: LoRA."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout on the update's input."""
    targets: Literal["attention", "all"] = "all"
    """Linear maps that get an update: those of attention, or every one in the layers."""

    @property
    def learning_rate(self) -> float:
        return 2e-3

    def reshape(self, encoder: Any) -> None:
        from peft import LoraConfig, inject_adapter_in_model  # here: importing peft costs 4 s of CPU
        from torch import nn

        from tasks.model.encoder import linear_names
        from tasks.model.low_rank import LowRankLinear

        config = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_rslora=self.scaling == "root_rank",
            target_modules=linear_names(encoder, attention_only=self.targets == "attention"),
        )
        config._register_custom_module({nn.Linear: LowRankLinear})
        inject_adapter_in_model(config, encoder)

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".lora_" in name

    def rate_factor(self, name: str) -> float:
        return self.up_faster if ".lora_B." in name else 1.0

    def merge(self, encoder: Any) -> None:
        from peft.tuners.lora import LoraLayer

        from tasks.model.tuners import fold

        fold(encoder, LoraLayer)
