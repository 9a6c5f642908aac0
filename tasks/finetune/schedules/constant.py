"""Warm-up, then the peak to the end."""

from typing import Literal

from tasks.finetune.schedules.base import Schedule
from tasks.settings import settings


@settings
class Constant(Schedule):
    """For short runs and for what something else slows down."""

    kind: Literal["constant"] = "constant"
