"""Low-rank updates beside frozen weights."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tasks.model.strategies.low_rank import LowRank
from tasks.settings import settings


@settings
class Lora(LowRank):
    """Small on disk, mergeable. Hu et al. 2021, arXiv 2106.09685, through PEFT's own tuner."""

    kind: Literal["lora"] = "lora"
    scaling: Literal["rank", "root_rank"] = "rank"
    """The update is scaled by alpha / rank, or by alpha / √rank (Kalajdzievski 2023, arXiv 2312.03732)."""
    up_faster: Annotated[float, Field(ge=1, le=1000)] = 1.0
    """So many times faster learns B than A: LoRA+ (Hayou et al. 2024, arXiv 2402.12354), which takes 16; 1: LoRA."""

    def reshape(self, encoder: Any) -> None:
        from peft import inject_adapter_in_model
        from torch import nn

        from tasks.model.low_rank import LowRankLinear

        config = self.config(encoder, use_rslora=self.scaling == "root_rank")
        config._register_custom_module({nn.Linear: LowRankLinear})
        inject_adapter_in_model(config, encoder)

    def rate_factor(self, name: str) -> float:
        return self.up_faster if ".lora_B." in name else 1.0
