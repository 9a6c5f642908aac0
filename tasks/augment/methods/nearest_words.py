"""A text with some words replaced by those nearest to them in the base model's own space."""

import re
from collections.abc import Sequence
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from tasks.augment.methods.change import BaseFolder, Change, draw_places
from tasks.settings import settings

_WORD = re.compile(r"[^\W\d_]+")


@settings
class NearestWords:
    """Replaces words by near ones among the base's input embeddings (cosine), whole words of its vocabulary only."""

    kind: Literal["nearest_words"]
    rate: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Chance of each word with near ones to be replaced; at least one is."""
    nearest: Annotated[int, Field(ge=1, le=50)] = 5
    """How many of the nearest words are drawn from."""
    min_cosine: Annotated[float, Field(ge=-1, lt=1)] = 0.5
    """Words farther away than this are not taken."""

    def changer(self, texts: Sequence[str], base_folder: BaseFolder) -> Change:
        from tasks.augment.word_space import nearest_words  # late: numpy, for those who use this method

        words = {word.lower() for text in texts for word in _WORD.findall(text)}
        near = nearest_words(base_folder(), sorted(words), count=self.nearest, min_cosine=self.min_cosine)
        return lambda text, random: self._change(text, near, random)

    def _change(self, text: str, near: dict[str, list[str]], random: Random) -> str:
        known = [word for word in _WORD.finditer(text) if word[0].lower() in near]
        for drawn in reversed(draw_places(len(known), self.rate, random)):  # from the end: places before stay
            old = known[drawn]
            new = random.choice(near[old[0].lower()])
            text = text[: old.start()] + _in_case_of(old[0], new) + text[old.end() :]
        return text


def _in_case_of(old: str, new: str) -> str:
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new.capitalize() if old[0].isupper() else new
