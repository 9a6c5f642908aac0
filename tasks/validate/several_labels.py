"""A label column → whether its fields seem to hold several labels each, and what to set if so."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import DataError
from tasks.table import ANY
from tasks.validate.labels import quoted

SEPARATORS = (",", ";", "|", "#", "/", "+", "&")
MOST_FIELDS = 20_000
"""So many distinct fields are looked at, the first ones: enough to see how parts combine."""

_FEWEST_COMBINED = 3
_TAG = re.compile(r"O|[BIESLU]-\S+")


@dataclass(frozen=True)
class Several:
    """How the fields come apart."""

    separator: str
    rows: int
    """Rows with more than one label."""
    fields: int
    """Distinct fields."""
    labels: int
    """Distinct labels once the fields are split."""
    example: str
    """The first field with several labels."""


def find_several(counts: Mapping[str, int]) -> Several | None:
    """The separator between several labels of a field; None if each field is one label. counts: rows of each field.

    Fields are several labels if splitting them leaves fewer labels than there are fields, and if many of the parts
    stand at several places: "6,9,27" beside "9,27" and "3,6". Labels of two levels (card/open, card/close) also share
    parts, but each stands at its own place.
    """
    found = [each for separator in SEPARATORS if (each := _split_at(separator, counts)) is not None]
    return max(found, key=lambda each: each.rows, default=None)


def count_fields(rows: pa.Table) -> dict[str, int]:
    """Rows of each distinct label that is not empty, of the rows to learn from; the first MOST_FIELDS."""
    counted = pc.value_counts(rows["label"].filter(pc.equal(rows["side"], ANY)))[:MOST_FIELDS].to_pylist()
    return {each["values"]: each["counts"] for each in counted if each["values"]}


def refuse_several(rows: pa.Table) -> None:
    """Raise DataError, which says what to set, if the rows of one label each seem to have several."""
    counts = count_fields(rows)
    told = _refused_lists(counts) or _refused_tags(counts) or _refused_fields(counts, rows)
    if told:
        raise DataError(f"{told} If each is one label all the same, list them in validate.labels.")


def _split_at(separator: str, fields: Mapping[str, int]) -> Several | None:
    split = {field: [part.strip() for part in field.split(separator)] for field in fields}
    combined = [field for field, parts in split.items() if len(parts) > 1 and all(parts)]
    if len(combined) < _FEWEST_COMBINED:
        return None
    places = defaultdict(set)
    for field in combined:
        for place, part in enumerate(split[field]):
            places[part].add(place)
    labels = places.keys() | (fields.keys() - set(combined))
    at_several = sum(len(each) > 1 for each in places.values())
    if len(labels) >= len(fields) or at_several * 4 < len(places):
        return None
    return Several(separator, sum(fields[field] for field in combined), len(fields), len(labels), combined[0])


def _refused_fields(counts: Mapping[str, int], rows: pa.Table) -> str:
    found = find_several(counts)
    if found is None:
        return ""
    line = rows["line"][pc.index(rows["label"], found.example).as_py()].as_py()
    return (
        f"{found.rows} of {sum(counts.values())} rows seem to have several labels in one field, with "
        f"{found.separator!r} between (line {line}: {quoted(found.example)}): split there they are {found.labels} "
        f"labels, not {found.fields}. Set problem: {{target: {{kind: labels, separator: "
        f'"{found.separator}"}}}} in params.yaml.'
    )


def guess_target(texts: Sequence[str], labels: Sequence[str]) -> dict[str, str] | None:
    """What problem.target seems to be, where it is not one label a row; None where it is.

    texts, labels: of the same rows, as ingest keeps them.
    """
    counts = Counter(label for label in labels if label)
    if _hold_lists(counts):
        items = [json.loads(label) if label else [] for label in labels]
        are_spans = any(each and isinstance(each[0], dict) for each in items)
        are_tags = all(len(each) == len(text.split(" ")) for each, text in zip(items, texts, strict=True))
        return {"kind": "tags" if are_spans or are_tags else "labels"}
    if _hold_tags(counts):
        return {"kind": "tags"}
    found = find_several(counts)
    return None if found is None else {"kind": "labels", "separator": found.separator}


def _refused_lists(fields: Collection[str]) -> str:
    """What is told of cells that were lists in the file: ingest keeps them as compact JSON."""
    if not _hold_lists(fields):
        return ""
    first: list[Any] = next((items for each in fields if (items := json.loads(each))), [])
    if first and isinstance(first[0], dict):
        return "The labels are lists of spans. Set problem: {target: {kind: tags}} in params.yaml."
    return (
        "The labels are lists. Set problem: {target: {kind: labels}} in params.yaml if they are several labels of a "
        "text, or kind: tags if there is one for each word."
    )


def _refused_tags(fields: Collection[str]) -> str:
    if not _hold_tags(fields):
        return ""
    return "The labels hold a tag for each word. Set problem: {target: {kind: tags}} in params.yaml."


def _hold_lists(fields: Collection[str]) -> bool:
    if not fields or not all(each.startswith("[") and each.endswith("]") for each in fields):
        return False
    try:
        return all(isinstance(json.loads(each), list) for each in fields)
    except (ValueError, RecursionError):
        return False


def _hold_tags(fields: Collection[str]) -> bool:
    words = [each.split(" ") for each in fields]
    return any(len(each) > 1 for each in words) and all(_TAG.fullmatch(word) for each in words for word in each)
