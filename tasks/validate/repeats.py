"""Rows that repeat others: duplicates, and one text, or one pair of texts, whose targets contradict each other."""

import unicodedata
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.table import ANY, TEST, VAL
from tasks.targets import Target
from tasks.texts import holds_pairs

CHUNK_ROWS = 100_000
MOST_COMPARED = 1_000
"""Targets of one text that are held against each other; a text with more different ones contradicts itself."""


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


_RANKS = {ANY: 0, VAL: 1, TEST: 2}
"""Of two rows that contradict each other across files, the lower one goes."""


@dataclass(frozen=True)
class Conflicts:
    """Rows of one text, or of one pair of texts, whose targets contradict each other. (N,) bool each."""

    on_side: np.ndarray
    """Rows that contradict one of their own side."""
    with_held_out: np.ndarray
    """Rows that contradict one of an official val or test file: rows to learn from, and val rows that a test row
    contradicts."""
    contradicted: np.ndarray
    """Those rows of official files."""
    with_extra: np.ndarray
    """Rows to learn from that contradict a row of a further test set, which must not change what is learned."""
    group: np.ndarray
    """(N,) int64: a number for each text, or pair, of the rows above; -1 for all other rows."""


def find_conflicts(rows: pa.Table, among: np.ndarray, target: Target) -> Conflicts:
    """The conflicts of rows in `among`, (N,) bool. Texts are compared by `same_text`."""
    group = _repeated_texts(rows, among)
    places = np.flatnonzero(group >= 0)
    few = rows.select(["side", "label"]).take(pa.array(places))
    masks = np.zeros((4, rows.num_rows), dtype=bool)
    by_text: dict[int, dict[tuple[str, str], list[int]]] = {}
    for place, side, label in zip(places.tolist(), few["side"].to_pylist(), few["label"].to_pylist(), strict=True):
        by_text.setdefault(int(group[place]), {}).setdefault((side, label), []).append(place)
    for answers in by_text.values():
        for one, other in combinations(answers, 2):
            if not _contradict(one[1], other[1], target, compare=len(answers) <= MOST_COMPARED):
                continue
            lower, upper = sorted((one, other), key=lambda each: _RANKS.get(each[0], len(_RANKS)))
            if lower[0] == upper[0]:
                masks[0, answers[lower] + answers[upper]] = True
            elif upper[0] in _RANKS:
                masks[1, answers[lower]] = True
                masks[2, answers[upper]] = True
            elif lower[0] == ANY:
                masks[3, answers[lower]] = True
    return Conflicts(masks[0], masks[1], masks[2], masks[3], np.where(masks.any(axis=0), group, -1))


def _contradict(one: str, other: str, target: Target, *, compare: bool) -> bool:
    return one != other and (not compare or target.contradicts(one, other))


def _repeated_texts(rows: pa.Table, among: np.ndarray) -> np.ndarray:
    """(N,) int64: a number for each text that rows of several targets in `among` share; -1 for all other rows."""
    positions = np.flatnonzero(among)
    found = np.full(rows.num_rows, -1, dtype=np.int64)
    if positions.size:
        usable = pa.array(among)  # one column at a time is copied, not all of the table
        label = _numbered(rows["label"].filter(usable))
        group = _numbered(same_text(rows["text"].filter(usable)))
        if holds_pairs(rows):
            group = _crossed(group, _numbered(same_text(rows["pair"].filter(usable))))
        found[positions] = np.where(_distinct_per_group(group, label) > 1, group, -1)
    return found


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
