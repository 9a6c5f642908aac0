"""Pairs of texts → how alike they are, many at once."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.near_duplicates.shingles import Ints, Shingles, as_rows, blocks, shingle

_BLOCK = 131_072  # shingles: 1 MiB


def similarities(texts: pa.Array, pairs: Ints) -> npt.NDArray[np.float64]:
    """(P,): the Jaccard similarity of each pair's shingles.

    pairs: (P, 2), numbers of texts. Shingles are compared by 63-bit hashes, which tell any two apart in practice.
    """
    members, places = np.unique(pairs, return_inverse=True)
    shingles = shingle(texts.take(pa.array(members)).to_pylist())
    places = places.reshape(-1, 2)
    alike = np.empty(len(pairs))
    for some in blocks(shingles.counts[places].sum(axis=1), _BLOCK):
        alike[some] = _of_block(shingles, places[some])
    return alike


def _of_block(shingles: Shingles, pairs: Ints) -> npt.NDArray[np.float64]:
    """A row holds both texts' hashes, the last bit telling whose; sorted, a shared one stands beside its twin."""
    whose = np.uint64(1)
    one, other = (shingles.hashes[as_rows(shingles, texts)] for texts in pairs.T)
    both = np.sort(np.concatenate([one & ~whose, other | whose], axis=1), axis=1)
    steps = both[:, 1:] ^ both[:, :-1]
    members = 1 + np.count_nonzero(steps, axis=1)
    shared = np.count_nonzero(steps == whose, axis=1)
    return shared / (members - shared)
