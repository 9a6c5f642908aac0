"""Low-rank updates of direction, and a learned length for each row of the weights."""

from typing import Any, Literal

from tasks.model.strategies.low_rank import LowRank
from tasks.settings import settings


@settings
class Dora(LowRank):
    """Nearer to full fine-tuning than LoRA at low ranks, slower a step. Liu et al. 2024, arXiv 2402.09353, by PEFT."""

    kind: Literal["dora"] = "dora"

    def reshape(self, encoder: Any) -> None:
        from peft import inject_adapter_in_model

        inject_adapter_in_model(self.config(encoder, use_dora=True), encoder)
