"""Warm-up, then straight down to 0."""

from typing import Literal

from tasks.finetune.schedules.base import Schedule
from tasks.settings import settings


@settings
class Linear(Schedule):
    """1 − t after the warm-up. Devlin et al. 2019, arXiv 1810.04805."""

    kind: Literal["linear"] = "linear"

    def after(self, share: float) -> float:
        return 1 - share
