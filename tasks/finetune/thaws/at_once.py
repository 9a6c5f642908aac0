"""Nothing thaws: what learns, learns from the start."""

from typing import Literal

from tasks.finetune.thaws.base import Thaw
from tasks.settings import settings


@settings
class AtOnce(Thaw):
    """The ordinary way."""

    kind: Literal["at_once"] = "at_once"
