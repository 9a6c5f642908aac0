"""a text → the rows that have it, or the rows that come nearest to it"""

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.near_duplicates import normal_forms
from tasks.near_duplicates.similarity import similarities
from tasks.texts import SEPARATOR
from tasks.trace.scan import Choose, batches, either

_COLUMNS = ("row_id", "side", "line", "text", "pair", "label")


def has_text(text: str) -> Choose:
    """Rows with this text, letter by letter, as their first or second one."""
    return either(
        lambda batch: pc.equal(batch.column("text"), text), lambda batch: pc.equal(batch.column("pair"), text)
    )


def same_text(text: str, pair: str | None) -> Choose:
    """Rows with this text, letter by letter, and with this second one or none, whatever their label is."""

    def choose(batch: pa.RecordBatch) -> pa.Array:
        second = batch.column("pair")
        alike = pc.is_null(second) if pair is None else pc.fill_null(pc.equal(second, pair), False)
        return pc.and_(pc.fill_null(pc.equal(batch.column("text"), text), False), alike)

    return choose


def reads_like(text: str) -> Choose:
    """Rows with this text but for case and space."""
    wanted = _folded(pa.array([text]))[0]
    return either(
        lambda batch: pc.equal(_folded(batch.column("text")), wanted),
        lambda batch: pc.equal(_folded(batch.column("pair")), wanted),
    )


def nearest(path: Path, text: str, most: int = 3) -> list[dict[str, Any]]:
    """The rows most alike, the most alike first, each with its `similarity` (0 to 1); of a pair, its nearer text."""
    text = text.replace(SEPARATOR, " ")
    return _best(path, most, lambda batch: np.fmax(_alike(batch, "text", text), _alike(batch, "pair", text)))


def neighbours(path: Path, row: dict[str, Any], least: float, most: int = 10) -> list[dict[str, Any]]:
    """Other rows at least this alike to a row: its near-duplicates, of pairs by both their texts."""

    def alike(batch: pa.RecordBatch) -> Any:
        found = _alike(batch, "text", row["text"])
        if row["pair"] is not None:
            found = np.fmin(found, _alike(batch, "pair", row["pair"]))
        same = pc.fill_null(pc.equal(batch.column("row_id"), row["row_id"]), False).to_numpy(zero_copy_only=False)
        return np.where(same | (found < least - 1e-9), -1.0, found)

    return [each for each in _best(path, most, alike) if each["similarity"] >= 0]


def _best(path: Path, most: int, alike: Any) -> list[dict[str, Any]]:
    ranked = heapq.nlargest(most, _scored(path, alike, most), key=lambda each: (each[0], -each[1]))
    return [row | {"similarity": round(float(score), 3)} for score, _, row in ranked]


def _scored(path: Path, alike: Any, most: int) -> Iterator[tuple[float, int, dict[str, Any]]]:
    """The best rows of each batch; all others cannot be among the best of all."""
    done = 0
    for batch in batches(path, _COLUMNS):
        scores = alike(batch)
        for place in np.argsort(-scores, kind="stable")[:most].tolist():
            yield scores[place], done + place, batch.slice(place, 1).to_pylist()[0]
        done += batch.num_rows


def _alike(batch: pa.RecordBatch, column: str, text: str) -> Any:
    """(N,): the similarity of each row's text in this column; -1 where it has none."""
    values = batch.column(column)
    if values.null_count == len(values):
        return np.full(len(values), -1.0)
    forms = normal_forms(pa.concat_arrays([pa.array([text]), pc.fill_null(values, "")]))
    others = np.arange(1, len(forms))
    found = similarities(forms, np.stack([np.zeros_like(others), others], axis=1))
    return np.where(values.is_null().to_numpy(zero_copy_only=False), -1.0, found)


def _folded(texts: pa.Array) -> pa.Array:
    return pc.utf8_lower(pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"\s+", " ")))
