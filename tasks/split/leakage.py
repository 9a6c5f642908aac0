"""Three sides → the pairs of texts that leak from one to another."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.near_duplicates import near_pairs, normal_forms

_SEED = 1  # other hashes than those that the split was planned with: what these missed is found


def count_leaks(sides: list[pa.Array], similarity: float) -> dict[str, int]:
    """Pairs of rows on different sides, by kind: the same text but for space around it, the same normal form, and
    near it.

    Pairs are counted in the strictest kind only. sides: the texts of each.
    """
    texts = pa.concat_arrays(sides)
    numbers = np.repeat(np.arange(len(sides), dtype=np.int8), [len(side) for side in sides])
    forms = normal_forms(texts).dictionary_encode()
    exact = _equal_pairs(_rows_per_side(pc.utf8_trim_whitespace(texts).dictionary_encode(), numbers, len(sides)))
    per_form = _rows_per_side(forms, numbers, len(sides))
    normalised = _equal_pairs(per_form)
    of_form = per_form.argmax(axis=1).astype(np.int8)
    one, other = near_pairs(forms.dictionary, similarity, sides=of_form, seed=_SEED).T
    near = per_form[one].sum(axis=1) * per_form[other].sum(axis=1) - (per_form[one] * per_form[other]).sum(axis=1)
    return {"exact": exact, "normalised": normalised - exact, "near": int(near.sum())}


def _rows_per_side(encoded: pa.DictionaryArray, numbers: npt.NDArray[np.int8], sides: int) -> npt.NDArray[np.int64]:
    """(distinct, sides): how many rows of each side have each value."""
    cells = encoded.indices.to_numpy().astype(np.int64) * sides + numbers
    return np.bincount(cells, minlength=len(encoded.dictionary) * sides).reshape(-1, sides)


def _equal_pairs(rows: npt.NDArray[np.int64]) -> int:
    """Pairs of rows with one value on different sides: (n² - Σ nᵢ²) / 2 of each value."""
    return int((rows.sum(axis=1) ** 2 - (rows**2).sum(axis=1)).sum() // 2)
