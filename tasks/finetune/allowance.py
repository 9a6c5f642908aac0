"""How long a training may go on: all its epochs, or until a budget is spent or it lags behind others."""

import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.finetune.progress import Epoch, Progress

VARIABLE = "FINETRACE_ALLOWANCE"
"""Environment variable by which whoever starts a training limits it: JSON with the fields of Allowance."""


@dataclass(frozen=True)
class Allowance:
    """A limit from outside, not a setting: where a clock ends it, a training does not give the same bytes again."""

    cpu_seconds: float = math.inf
    """Of this process, from the first step on; the step that passes it is the last one."""
    floors: Mapping[int, float] = field(default_factory=dict)
    """Epoch (from 1) → the val score that the best epoch until then must reach, or training ends."""
    started: float = field(default_factory=time.process_time)

    def share(self) -> float:
        """How much of the CPU time is used up, 0 to 1; 0 where no clock ends the training."""
        return min(1.0, (time.process_time() - self.started) / self.cpu_seconds)

    def place(self, step: int, steps: int, begun: float) -> int:
        """Where schedules stand before the step (0-based): where the CPU time is if that is further than the steps.

        So a training that the clock ends has been cooled down like any other. begun: the share before the first step.
        """
        passed = (self.share() - begun) / (1 - begun) if begun < 1 else 1.0
        return max(step, min(steps - 1, int(passed * steps)))

    def is_spent(self, progress: Progress) -> bool:
        """Whether no further step may be taken; the first step always may."""
        if progress.step == 0:
            return False
        return time.process_time() - self.started >= self.cpu_seconds or is_below(self.floors, progress.history)


def read_allowance() -> Allowance:
    """What the environment says; without a word from it, no limit."""
    told = json.loads(os.environ.get(VARIABLE) or "{}")
    floors = {int(epoch): float(floor) for epoch, floor in (told.get("floors") or {}).items()}
    return Allowance(float(told.get("cpu_seconds") or math.inf), floors)


def is_below(floors: Mapping[int, float], history: Sequence[Epoch]) -> bool:
    """Whether the best val score of the epochs so far is below the floor of the last one."""
    best = max((each["val_score"] for each in history), default=math.inf)
    return best < floors.get(len(history), -math.inf)
