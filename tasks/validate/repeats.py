"""Rows that repeat others: duplicates, and one text, or one pair of texts, under several labels."""

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.texts import holds_pairs

CHUNK_ROWS = 100_000


def find_duplicates(rows: pa.Table) -> np.ndarray:
    """Which rows repeat the text (or both texts) and label of an earlier row of their side, (N,) bool."""
    keys = rows.select(["side", "row_id"]).to_pandas()  # equal rows have equal ids
    return keys.duplicated(keep="first").to_numpy()


def first_lines(rows: pa.Table, repeated: np.ndarray) -> np.ndarray:
    """For each row in `repeated`, (N,) bool, the line of the row it repeats; 0 for the others. (N,) int64."""
    lines = np.zeros(rows.num_rows, dtype=np.int64)
    if repeated.any():
        keys = rows.select(["side", "row_id", "line"]).to_pandas()
        ids = keys.loc[repeated, "row_id"].unique()
        involved = keys[keys["row_id"].isin(ids)]
        first = involved.groupby(["side", "row_id"], sort=False)["line"].transform("first")
        lines[first.index.to_numpy()] = first.to_numpy()
    return np.where(repeated, lines, 0)


def find_conflicts(rows: pa.Table, among: np.ndarray) -> np.ndarray:
    """Which rows share their text, or both their texts, with a row of another label on their side, (N,) bool.

    Texts are compared by `same_text`. Only rows in `among`, (N,) bool, are looked at.
    """
    positions = np.flatnonzero(among)
    conflicting = np.zeros(rows.num_rows, dtype=bool)
    if positions.size:
        usable = pa.array(among)  # one column at a time is copied, not all of the table
        label = _numbered(rows["label"].filter(usable))
        group = _crossed(_numbered(same_text(rows["text"].filter(usable))), _numbered(rows["side"].filter(usable)))
        if holds_pairs(rows):
            group = _crossed(group, _numbered(same_text(rows["pair"].filter(usable))))
        conflicting[positions] = _distinct_per_group(group, label) > 1
    return conflicting


def _numbered(values: pa.ChunkedArray) -> np.ndarray:
    """A number for each value, equal for equal values, (N,) int64."""
    wide = values.cast(pa.large_string())  # one dictionary of all texts can outgrow 2 GiB
    encoded = pc.dictionary_encode(wide)
    return np.concatenate([np.asarray(chunk.indices, dtype=np.int64) for chunk in encoded.chunks])


def _crossed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A number for each combination of two numbers, small enough to be crossed again, (N,) int64."""
    _, numbers = np.unique(one * (other.max() + 1) + other, return_inverse=True)
    return numbers.astype(np.int64)


def _distinct_per_group(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """For each row, how many distinct values its group has, (N,) int64."""
    pairs = np.unique(group * (value.max() + 1) + value) // (value.max() + 1)
    groups, counts = np.unique(pairs, return_counts=True)
    return counts[np.searchsorted(groups, group)]


def same_text(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts without what does not change their meaning: Unicode form (NFC), case (folded), repeated space."""
    chunks = [_plain(part) for chunk in texts.chunks for part in _parts(chunk)]
    return pa.chunked_array(chunks, type=pa.string())


def _parts(chunk: pa.Array) -> list[pa.Array]:
    return [chunk.slice(start, CHUNK_ROWS) for start in range(0, len(chunk), CHUNK_ROWS)]


def _plain(texts: pa.Array) -> pa.Array:
    ascii_only = pc.string_is_ascii(texts)
    lowered = pc.utf8_lower(texts)
    squeezed = pc.utf8_trim_whitespace(pc.replace_substring_regex(lowered, r"\s+", " "))
    others = pc.invert(ascii_only)
    if not pc.any(others).as_py():
        return squeezed
    # Arrow knows lower case but not case folding (ß, ς), and RE2's \s is ASCII: the rest one by one
    folded = [_plain_text(text) for text in texts.filter(others).to_pylist()]
    return pc.replace_with_mask(squeezed, others, pa.array(folded, type=pa.string()))


def _plain_text(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())
