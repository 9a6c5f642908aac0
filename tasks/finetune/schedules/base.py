"""What every schedule is: step → multiplier of all rates."""

import math
from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class Schedule:
    """A rise from 0 to the peak, then whatever `after` says."""

    warmup_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps over which the rates rise from 0."""

    def multiplier(self, step: int, steps: int) -> float:
        """Of every peak rate at `step` (0-based) of `steps`, 0 to 1.

        Step s is taken at its end, so the first step of a warm-up is not wasted at 0.
        """
        warmup = math.ceil(steps * self.warmup_fraction)
        if step < warmup:
            return (step + 1) / warmup
        return self.after((step - warmup) / max(1, steps - warmup))

    def after(self, share: float) -> float:  # noqa: ARG002
        """The multiplier when this share, 0 to 1, of the steps after the warm-up is done."""
        return 1.0
