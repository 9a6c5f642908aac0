"""Texts → MinHash band keys, which bring like texts together, and bitmaps, which tell most unlike ones apart.

Broder 1997, "On the resemblance and containment of documents": two sets have the same least hash with a probability
equal to their Jaccard similarity s. Keys of r such hashes agree with s^r, and one of b keys with 1 - (1 - s^r)^b.
Sandes, Teodoro, Melo 2020, "Bitmap filter: speeding up exact set similarity joins": sets that differ in d members have
bitmaps that differ in at most d bits.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.near_duplicates.shingles import as_rows, blocks, shingle

_MISSED = 1e-4  # chance to miss a pair that is exactly as alike as asked; it falls fast above that
_MOST_HASHES = 128
_CHUNK = 32_768  # texts
_BLOCK = 65_536  # shingles: 256 KiB of hashes, which stays in the processor's cache
_WORDS = 4  # of 64 bits a bitmap
_PRIME = np.uint32(0x9E3779B1)


@dataclass(frozen=True)
class Sketches:
    """What is kept of N texts."""

    keys: npt.NDArray[np.uint32]
    """(bands, N)"""
    bitmaps: npt.NDArray[np.uint64]
    """(4, N)"""
    counts: npt.NDArray[np.float32]
    """(N,): shingles of each text, repeats included."""


def band_shape(similarity: float) -> tuple[int, int]:
    """How many keys, of how many hashes each, find pairs this alike: the longest keys within a budget of hashes."""
    shapes = [(_bands_needed(similarity, rows), rows) for rows in range(1, 9)]
    return [shape for shape in shapes if math.prod(shape) <= _MOST_HASHES][-1]


def _bands_needed(similarity: float, rows: int) -> int:
    missed_by_one = 1 - similarity**rows
    return 1 if missed_by_one <= _MISSED else math.ceil(math.log(_MISSED) / math.log(missed_by_one))


def sketch(texts: pa.Array, similarity: float, seed: int) -> Sketches:
    """The sketches of normal forms; another seed draws other hashes."""
    bands, rows = band_shape(similarity)
    factors = np.random.default_rng(seed).integers(2**32, size=(bands, rows), dtype=np.uint32) | np.uint32(1)
    keys = np.empty((bands, len(texts)), np.uint32)
    bitmaps = np.empty((_WORDS, len(texts)), np.uint64)
    counts = np.empty(len(texts), np.float32)
    for first in range(0, len(texts), _CHUNK):
        shingles = shingle(texts.slice(first, _CHUNK).to_pylist())
        hashes = (shingles.hashes >> np.uint64(32)).astype(np.uint32)
        counts[first : first + _CHUNK] = shingles.counts
        for members in blocks(shingles.counts, _BLOCK):
            block = hashes[np.ascontiguousarray(as_rows(shingles, members).T)]
            keys[:, first + members] = _band_keys(block, factors)
            bitmaps[:, first + members] = _bitmaps(block)
    return Sketches(keys, bitmaps, counts)


def _band_keys(block: npt.NDArray[np.uint32], factors: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """block: (longest, N), a text a column, so that the least of each lies along whole rows."""
    keys = np.zeros((len(factors), block.shape[1]), np.uint32)
    shuffled = np.empty_like(block)
    for key, row in zip(keys, factors, strict=True):
        for factor in row:
            np.multiply(block, factor, out=shuffled)  # an odd factor permutes the 32-bit numbers
            key *= _PRIME
            key ^= shuffled.min(axis=0)
    return keys


def _bitmaps(block: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    places = block >> np.uint32(24)  # 8 bits: one of 256 places
    bits = np.uint64(1) << (places & np.uint32(63)).astype(np.uint64)
    words = places >> np.uint32(6)
    parts = [np.bitwise_or.reduce(np.where(words == word, bits, np.uint64(0)), axis=0) for word in range(_WORDS)]
    return np.stack(parts)
