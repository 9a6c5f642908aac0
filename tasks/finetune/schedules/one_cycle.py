"""Up and down by cosines, to almost nothing at the end."""

import math
from typing import Annotated, Literal

from pydantic import Field

from tasks.finetune.schedules.base import Schedule
from tasks.settings import settings


@settings
class OneCycle(Schedule):
    """Smith & Topin 2018, arXiv 1708.07120, with PyTorch's two cosines; AdamW's momenta stay as they are."""

    kind: Literal["one_cycle"] = "one_cycle"
    warmup_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.3
    """Share of the steps over which the rates rise."""
    start_divisor: Annotated[float, Field(gt=1)] = 25.0
    """The peak over the first rate."""
    end_divisor: Annotated[float, Field(gt=1)] = 10_000.0
    """The first rate over the last."""

    def multiplier(self, step: int, steps: int) -> float:
        first = 1 / self.start_divisor
        peak_at = max(1.0, steps * self.warmup_fraction) - 1
        if step <= peak_at:
            return _between(first, 1.0, step / max(1.0, peak_at))
        return _between(1.0, first / self.end_divisor, (step - peak_at) / max(1.0, steps - 1 - peak_at))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
