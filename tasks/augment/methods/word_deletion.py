"""A text without some of its words."""

from collections.abc import Sequence
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from tasks.augment.methods.change import BaseFolder, Change, draw_places
from tasks.settings import settings


@settings
class WordDeletion:
    """Leaves words out, never the last one left. Wei & Zou 2019, "EDA", arXiv 1901.11196."""

    kind: Literal["word_deletion"]
    rate: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Chance of each word to be left out; at least one is."""

    def changer(self, texts: Sequence[str], base_folder: BaseFolder) -> Change:  # noqa: ARG002 - needs neither
        return self._change

    def _change(self, text: str, random: Random) -> str:
        words = text.split()
        if len(words) < 2:
            return text
        left_out = set(draw_places(len(words), self.rate, random))
        kept = [word for place, word in enumerate(words) if place not in left_out]
        return " ".join(kept or [random.choice(words)])
