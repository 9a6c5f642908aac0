"""Texts → which of them are nearly the same.

Candidates share a MinHash band; each is then checked by its exact Jaccard similarity, so that every pair told is near.
A pair just as alike as asked is missed with a chance of 0.0001, one more alike with less. Rows that are pairs of texts
are near if both their texts are: a long text that two rows share does not hide that the other ones differ.

In a crowd that shares a band, each text is compared with the first ones of that crowd only, at most with 256 in a small
file and with 8 in a large one (_PARTNERS), so that a million like texts do not make 10^12 pairs. How many depends on
the texts before it, never on those after: what was found among the first texts stays when more are appended.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.near_duplicates.normal_form import are_pairs, halves, normal_forms
from tasks.near_duplicates.shingles import Ints
from tasks.near_duplicates.similarity import similarities
from tasks.near_duplicates.sketches import Sketches, sketch

_FEWEST, _MOST = 8, 256  # partners of a text in a band
_PARTNERS = 2_000_000  # of the n-th text: this ÷ n, so that their sum grows like n for large files
_CANDIDATES_AT_ONCE = 1_000_000
_CHECKED_AT_ONCE = 200_000
_LOW = np.uint64(0xFFFFFFFF)


def near_pairs(
    texts: pa.Array, similarity: float, *, sides: npt.NDArray[np.int8] | None = None, seed: int = 0
) -> npt.NDArray[np.int64]:
    """(P, 2): the pairs (earlier, later) of texts at least this alike, by the later one, then the earlier.

    texts: normal forms, none twice. sides: only pairs of texts on different sides. seed: draws the hashes; the pairs
    found are the same but for those missed.
    """
    if len(texts) < 2:
        return np.empty((0, 2), np.int64)
    sketches = sketch(texts, similarity, seed)
    found = _distinct_of(_candidates(sketches, similarity, sides))
    return _as_pairs(found[_are_near(texts, found, similarity)])


def near_any(texts: pa.Array, others: pa.Array, similarity: float) -> npt.NDArray[np.bool_]:
    """(N,): whether each text has the normal form of one of the others, or comes near it."""
    forms = pa.concat_arrays([normal_forms(others), normal_forms(texts)]).dictionary_encode()
    codes = forms.indices.to_numpy()
    first_new = int(codes[: len(others)].max(initial=-1)) + 1  # distinct forms are numbered as they come
    sides = (np.arange(len(forms.dictionary)) >= first_new).astype(np.int8)
    is_near = sides == 0
    is_near[near_pairs(forms.dictionary, similarity, sides=sides)[:, 1]] = True
    return is_near[codes[len(others) :]]


def _candidates(
    sketches: Sketches, similarity: float, sides: npt.NDArray[np.int8] | None
) -> Iterator[npt.NDArray[np.uint64]]:
    """Pairs, as later << 32 | earlier, that share a key and whose bitmaps do not exclude them."""
    for keys in sketches.keys:
        for earlier, later in _sharing(keys):
            if sides is not None:
                differ = sides[earlier] != sides[later]
                earlier, later = earlier[differ], later[differ]
            earlier, later = _may_be_near(sketches, earlier, later, similarity)
            yield later.astype(np.uint64) << np.uint64(32) | earlier.astype(np.uint64)


def _distinct_of(parts: Iterator[npt.NDArray[np.uint64]]) -> npt.NDArray[np.uint64]:
    """All values of the parts, each once, never holding much more than twice the result."""
    found, waiting = np.empty(0, np.uint64), list[npt.NDArray[np.uint64]]()
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) > max(len(found), 2 * _CANDIDATES_AT_ONCE):
            found, waiting = _distinct(np.concatenate([found, *waiting])), []
    return _distinct(np.concatenate([found, *waiting]))


def _sharing(keys: npt.NDArray[np.uint32]) -> Iterator[tuple[Ints, Ints]]:
    """The (earlier, later) texts of one band, each later one with the first that have its key."""
    ordered = np.sort(keys.astype(np.uint64) << np.uint64(32) | np.arange(len(keys), dtype=np.uint64))
    texts = (ordered & _LOW).astype(np.int64)
    is_first = np.append(True, ordered[1:] >> np.uint64(32) != ordered[:-1] >> np.uint64(32))
    run_starts = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    partners = np.minimum(np.arange(len(texts)) - run_starts, np.clip(_PARTNERS // (texts + 1), _FEWEST, _MOST))
    followers = np.flatnonzero(partners)
    step = _CANDIDATES_AT_ONCE // _FEWEST
    for first in range(0, len(followers), step):
        some = followers[first : first + step]
        yield texts[_spread(run_starts[some], partners[some])], np.repeat(texts[some], partners[some])


def _may_be_near(sketches: Sketches, earlier: Ints, later: Ints, similarity: float) -> tuple[Ints, Ints]:
    """The pairs left by |A Δ B| ≤ (1 - s) / (1 + s) · (|A| + |B|), true where J(A, B) ≥ s; |A Δ B| ≥ differing bits."""
    allowed = (1 - similarity) / (1 + similarity) * (sketches.counts[earlier] + sketches.counts[later]) + 0.01
    for word in sketches.bitmaps:  # one by one: the first tells most pairs apart
        allowed = allowed - np.bitwise_count(word[earlier] ^ word[later])
        left = np.flatnonzero(allowed >= 0)
        earlier, later, allowed = earlier[left], later[left], allowed[left]
    return earlier, later


def _are_near(texts: pa.Array, pairs: npt.NDArray[np.uint64], similarity: float) -> npt.NDArray[np.bool_]:
    parts = [pairs[first : first + _CHECKED_AT_ONCE] for first in range(0, len(pairs), _CHECKED_AT_ONCE)]
    texts_of_rows = halves(texts) if are_pairs(texts) else (texts,)
    checked = [
        np.all([similarities(each, _as_pairs(part)) >= similarity - 1e-9 for each in texts_of_rows], axis=0)
        for part in parts
    ]
    return np.concatenate([np.empty(0, np.bool_), *checked])


def _distinct(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The values in order, each once; sorts in place. np.unique takes several times longer, through a hash table."""
    values.sort()
    return values[np.append(True, values[1:] != values[:-1])] if len(values) else values


def _spread(starts: Ints, counts: Ints) -> Ints:
    """The numbers starts[i] … starts[i] + counts[i] - 1 of every i, one run after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)


def _as_pairs(packed: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return np.stack([packed & _LOW, packed >> np.uint64(32)], axis=1).astype(np.int64)
