"""A text with some neighbouring words in the other order."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from tasks.augment.methods.change import BaseFolder, Change, draw_places
from tasks.settings import settings


@settings
class WordSwap:
    """Swaps words with the next one."""

    kind: Literal["word_swap"]
    rate: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Chance of each pair of neighbours to be swapped; at least one is."""

    def changer(self, texts: Sequence[str], base_folder: BaseFolder) -> Change:  # noqa: ARG002 - needs neither
        return self._change

    def _change(self, text: str, random: Random) -> str:
        words = text.split()
        different = [place for place, pair in enumerate(pairwise(words)) if pair[0] != pair[1]]
        for drawn in draw_places(len(different), self.rate, random):
            place = different[drawn]
            words[place], words[place + 1] = words[place + 1], words[place]
        return " ".join(words) if different else text
