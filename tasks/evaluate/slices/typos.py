"""The same texts with keyboard typos."""

import random
import re

import numpy as np

from tasks.evaluate.slices.slice import Slice, SliceRows
from tasks.texts import Text

_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORD = re.compile(r"\w{3,}")


def cut_typos(rows: SliceRows) -> list[Slice]:
    """Test rows in which so many of the words are mistyped that at least one in each text is."""
    count = len(rows.test_texts)
    chosen = np.arange(count)
    if count > rows.typo_rows:
        chosen = np.sort(np.random.default_rng(rows.seed).choice(count, rows.typo_rows, replace=False))
    texts = [_mistyped(rows.test_texts[row], rows.typo_share, f"{rows.seed}:{rows.test_ids[row]}") for row in chosen]
    why = f"the same texts, a keyboard typo in {rows.typo_share:.0%} of the words, at least one"
    return [Slice("typos", why, chosen, texts)]


def _mistyped(text: Text, share: float, seed: str) -> Text:
    """The text, or both texts of a pair, with typos."""
    if isinstance(text, str):
        return mistype(text, share, seed)
    return mistype(text[0], share, seed), mistype(text[1], share, f"{seed}:pair")


def mistype(text: str, share: float, seed: str) -> str:
    """The text with one typo in about `share` of its words of three letters or more, in at least one if there is one.

    The same seed and text give the same typos.
    """
    draw = random.Random(seed)  # noqa: S311 - typos, not secrets
    words = list(_WORD.finditer(text))
    hit = [word for word in words if draw.random() < share]
    if words and not hit:
        hit = [draw.choice(words)]
    for word in reversed(hit):
        text = text[: word.start()] + _mistype_word(word.group(), draw) + text[word.end() :]
    return text


def _mistype_word(word: str, draw: random.Random) -> str:
    """One slip: a neighbouring key, a letter lost, doubled, or swapped with the next one."""
    place = draw.randrange(len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    slip = draw.choice(("neighbour", "lost", "doubled", "swapped"))
    if slip == "neighbour" and (near := _neighbours(letter)):
        return before + draw.choice(near) + after
    if slip == "lost":
        return before + after
    if slip == "swapped" and letter != after[0]:
        return before + after[0] + letter + after[1:]
    return before + letter + letter + after


def _neighbours(letter: str) -> str:
    """The keys left and right of a letter on a QWERTY keyboard, in its case; none for other signs."""
    for keys in _KEY_ROWS:
        place = keys.find(letter.lower())
        if place >= 0:
            near = keys[max(0, place - 1) : place] + keys[place + 1 : place + 2]
            return near.upper() if letter.isupper() else near
    return ""
