"""Warm-up, then half a cosine down to 0."""

import math
from typing import Literal

from tasks.finetune.schedules.base import Schedule
from tasks.settings import settings


@settings
class Cosine(Schedule):
    """(1 + cos πt) / 2 after the warm-up. Loshchilov & Hutter 2017, arXiv 1608.03983, without restarts."""

    kind: Literal["cosine"] = "cosine"

    def after(self, share: float) -> float:
        return (1 + math.cos(math.pi * share)) / 2
