"""Rows' targets → the classes that they name: counted, and held against the known ones."""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.targets import Target
from tasks.validate.labels import LabelCount, learn_labels
from tasks.validate.settings import ValidateSettings


def known_classes(rows: pa.Table, settings: ValidateSettings, target: Target) -> tuple[str, ...]:
    """The classes that are listed, or named often enough by the rows to learn from. rows: with side, label and line.

    Raises DataError as learn_labels does.
    """
    if not target.has_classes:
        return ()
    least = 2 if target.has_one_class else 1
    return settings.labels or learn_labels(_counted(rows, target), settings.min_rows_per_label, least)


def count_classes(column: pa.ChunkedArray, classes: Sequence[str], target: Target) -> dict[str, int]:
    """How many rows name each of `classes`, those that no row names included."""
    counts = dict.fromkeys(classes, 0)
    for each in pc.value_counts(pc.drop_null(column)).to_pylist():
        for name in target.classes_of(each["values"]):
            if name in counts:
                counts[name] += each["counts"]
    return counts


def unknown_classes(column: pa.ChunkedArray, known: Sequence[str], target: Target) -> pa.Array:
    """The first class that each row names and that is none of the known ones; null where all are known. (N,)"""
    encoded = _encoded(column)
    among = frozenset(known)
    unknown = [
        next((name for name in target.classes_of(stored) if name not in among), None)
        for stored in encoded.dictionary.to_pylist()
    ]
    return pa.array(unknown, pa.string()).take(encoded.indices)


def names_any(column: pa.ChunkedArray, classes: Collection[str], target: Target) -> np.ndarray:
    """Which rows name any of `classes`, (N,) bool."""
    if not classes:
        return np.zeros(len(column), dtype=bool)
    encoded = _encoded(column)
    among = frozenset(classes)
    does = [not among.isdisjoint(target.classes_of(stored)) for stored in encoded.dictionary.to_pylist()]
    return pc.fill_null(pa.array(does, pa.bool_()).take(encoded.indices), False).to_numpy(zero_copy_only=False)


def find_mistakes(rows: pa.Table, target: Target) -> pa.Array:
    """Why each row's target cannot be used, null where it can or is missing. rows: with text and label. (N,)"""
    mistakes = [
        None if label is None else target.mistake(label, text or "")
        for label, text in zip(rows["label"].to_pylist(), rows["text"].to_pylist(), strict=True)
    ]
    return pa.array(mistakes, pa.string())


def _counted(rows: pa.Table, target: Target) -> list[LabelCount]:
    """Each class, how many rows name it and where first."""
    grouped = rows.select(["label", "line"]).group_by("label").aggregate([("line", "count"), ("line", "min")])
    grouped = grouped.filter(pc.is_valid(grouped["label"]))
    if target.has_one_class:  # what occurs once is no label, and may be in millions of rows
        grouped = grouped.filter(pc.greater(grouped["line_count"], 1))
    counted: dict[str, LabelCount] = {}
    for each in grouped.to_pylist():
        for name in target.classes_of(each["label"]):
            before = counted.get(name, LabelCount(name, 0, each["line_min"]))
            first = min(before.first_line, each["line_min"])
            counted[name] = LabelCount(name, before.rows + each["line_count"], first)
    return list(counted.values())


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.combine_chunks().dictionary_encode()
