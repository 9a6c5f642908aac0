"""A short steep rise, a long fall that does not reach 0."""

import math
from typing import Annotated, Literal

from pydantic import Field

from tasks.finetune.schedules.base import Schedule
from tasks.settings import settings


@settings
class SlantedTriangle(Schedule):
    """ULMFiT's schedule. Howard & Ruder 2018, arXiv 1801.06146, equation 3."""

    kind: Literal["slanted_triangle"] = "slanted_triangle"
    ratio: Annotated[float, Field(gt=1)] = 32.0
    """The peak over the lowest rate."""

    def multiplier(self, step: int, steps: int) -> float:
        cut = max(1, math.floor(steps * self.warmup_fraction))
        p = (step + 1) / cut if step < cut else 1 - (step + 1 - cut) / max(1, steps - cut)
        return (1 + p * (self.ratio - 1)) / self.ratio
