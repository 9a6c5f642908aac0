"""A text with slips of the finger."""

from collections.abc import Sequence
from random import Random
from typing import Annotated, Literal

from pydantic import Field

from tasks.augment.methods.change import BaseFolder, Change, draw_places
from tasks.settings import settings

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _keys_around() -> dict[str, str]:
    """Each letter's neighbours on a QWERTY keyboard, whose rows are each shifted by about half a key."""
    around: dict[str, str] = {}
    for number, row in enumerate(_ROWS):
        for place, letter in enumerate(row):
            beside = [row[place - 1] if place else "", row[place + 1 : place + 2]]
            above = _ROWS[number - 1][place : place + 2] if number else ""
            below = _ROWS[number + 1][max(0, place - 1) : place + 1] if number + 1 < len(_ROWS) else ""
            around[letter] = "".join([*beside, above, below])
    return around


KEYS_AROUND = _keys_around()


@settings
class KeyboardTypos:
    """Hits a key beside the right one, drops or doubles a letter, or hits the next one first."""

    kind: Literal["keyboard_typos"]
    rate: Annotated[float, Field(gt=0, lt=0.5)] = 0.03
    """Chance of each letter to go wrong; at least one does."""

    def changer(self, texts: Sequence[str], base_folder: BaseFolder) -> Change:  # noqa: ARG002 - needs neither
        return self._change

    def _change(self, text: str, random: Random) -> str:
        places = [place for place, letter in enumerate(text) if letter.lower() in KEYS_AROUND]
        changed = text
        for drawn in reversed(draw_places(len(places), self.rate, random)):  # from the end: places before stay
            changed = _slip(changed, places[drawn], random)
        return changed if changed.strip() else text


def _slip(text: str, place: int, random: Random) -> str:
    """The text with its letter at `place` gone wrong: another key two times out of five."""
    letter, after = text[place], text[place + 1 :]
    wrong = random.choice(KEYS_AROUND[letter.lower()])
    doubled = letter * 2 + after
    swapped = after[0] + letter + after[1:] if after and after[0].isalpha() and after[0] != letter else doubled
    replaced = (wrong.upper() if letter.isupper() else wrong) + after
    return text[:place] + random.choice([replaced, replaced, after, doubled, swapped])
