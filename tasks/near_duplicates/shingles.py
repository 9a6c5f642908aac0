"""Texts → their sets of three letters in a row, the measure of how alike two texts are.

Three letters, because the texts are short: with them one changed letter costs at most three shingles out of about as
many as the text has letters, so that at a similarity of 0.8 a typo is forgiven from 27 letters on (at 0.7 from 17),
while "where is my card" and "where is my refund" share only 0.48.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

UInts = npt.NDArray[np.unsignedinteger[Any]]
Ints = npt.NDArray[np.int64]

_LETTERS = 3
_BITS_PER_LETTER = np.uint64(21)  # Unicode's code points need no more
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))  # MurmurHash3's 64-bit finaliser


@dataclass(frozen=True)
class Shingles:
    """Hashes of all shingles of some texts, one text after the other; a shingle may come twice in a text."""

    hashes: npt.NDArray[np.uint64]
    """(S,): text i has hashes[starts[i] : starts[i] + counts[i]]; what lies between is noise."""
    starts: Ints
    """(N,)"""
    counts: Ints
    """(N,): at least 1."""


def shingle(texts: Sequence[str]) -> Shingles:
    """The hashed shingles of normal forms, each text with a space before and after it."""
    padded = [f" {text or chr(0)} " for text in texts]
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    letters = np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32).astype(np.uint64)
    packed = letters[:-2] | letters[1:-1] << _BITS_PER_LETTER | letters[2:] << _BITS_PER_LETTER * np.uint64(2)
    return Shingles(_mixed(packed), np.cumsum(lengths) - lengths, lengths - (_LETTERS - 1))


def as_rows(shingles: Shingles, texts: Ints) -> Ints:
    """(N, longest): where in the hashes each text's shingles are; a shorter text repeats its last, the same set."""
    counts = shingles.counts[texts, None]
    return shingles.starts[texts, None] + np.minimum(np.arange(counts.max()), counts - 1)


def blocks(sizes: Ints, elements: int) -> Iterator[Ints]:
    """All places of `sizes`, those of about one size together; a block padded to its longest has about `elements`."""
    order = np.argsort(sizes, kind="stable")
    done = 0
    while done < len(order):
        fitting = max(1, elements // int(sizes[order[done]]))
        longest = int(sizes[order[min(done + fitting, len(order)) - 1]])
        fitting = max(1, min(fitting, 2 * elements // longest))
        yield order[done : done + fitting]
        done += fitting


def jaccard(one: str, other: str) -> float:
    """Shared shingles ÷ all shingles of two normal forms, 0 to 1."""
    a, b = (_shingles_of(text) for text in (one, other))
    return len(a & b) / len(a | b)


def _shingles_of(text: str) -> set[str]:
    padded = f" {text or chr(0)} "
    return {padded[i : i + _LETTERS] for i in range(len(padded) - _LETTERS + 1)}


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Well-spread hashes of distinct numbers; distinct again. In place."""
    for factor in _MIX:
        values ^= values >> np.uint64(33)
        values *= factor
    values ^= values >> np.uint64(33)
    return values
