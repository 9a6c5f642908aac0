"""Texts → sides, so that a text keeps its side for life.

Each text draws a number in [0, 1) from a keyed hash of its normal form; the number decides its side, whatever else the
file holds. A text with near-duplicates before it in the file takes their side instead, and is set aside if they are on
several. Nothing that comes later touches what came before, so rows appended to the file move no old row.

The price: shares are met on average, not exactly. With n texts and an asked share p the got share has the binomial
standard deviation sqrt(p (1 - p) / n): for 0.2 of 100 rows ± 0.04, of 10,000 rows ± 0.004. `tasks.split.shares` tells
what came out.
"""

import hashlib
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ASIDE, TRAIN, VAL, TEST = 0, 1, 2, 4
"""One bit a side, so that a set of sides is a number; nothing is on no side."""
SIDES = {"train": TRAIN, "val": VAL, "test": TEST}

Sides = npt.NDArray[np.uint8]
_AT_ONCE = 100_000  # Python objects: bounds the memory


def draw(texts: pa.Array, key: str) -> npt.NDArray[np.float64]:
    """(N,): a number in [0, 1) for each text, the same wherever the text stands. The key makes it unguessable."""
    secret = hashlib.blake2b(key.encode(), digest_size=32).digest()
    blake2b = hashlib.blake2b
    parts = (texts.slice(first, _AT_ONCE).to_pylist() for first in range(0, len(texts), _AT_ONCE))
    digests = b"".join(blake2b(text.encode(), digest_size=8, key=secret).digest() for part in parts for text in part)
    return (np.frombuffer(digests, ">u8") >> 11).astype(np.float64) * 2.0**-53


def deal(drawn: npt.NDArray[np.float64], *, val: float, test: float) -> Sides:
    """(N,): the side of each drawn number. Val lies below test: another share for test, or none, moves no val row."""
    return np.select([drawn < val, drawn < val + test], [VAL, TEST], TRAIN).astype(np.uint8)


def settle(sides: Sides, pairs: npt.NDArray[np.int64]) -> Sides:
    """The sides when each text follows its earlier near-duplicates, or is set ASIDE if they are on several sides.

    pairs: (P, 2), near texts (earlier, later), by the later one.
    """
    settled = bytearray(sides.tobytes())
    for later, group in groupby(_one_by_one(pairs), key=itemgetter(1)):
        seen = 0
        for earlier, _ in group:
            seen |= settled[earlier]
        if seen:
            settled[later] = seen if seen in (TRAIN, VAL, TEST) else ASIDE
    return np.frombuffer(bytes(settled), np.uint8)


def _one_by_one(pairs: npt.NDArray[np.int64]) -> Iterator[list[int]]:
    for first in range(0, len(pairs), _AT_ONCE):
        yield from pairs[first : first + _AT_ONCE].tolist()
