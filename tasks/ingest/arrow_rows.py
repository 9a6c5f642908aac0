"""Arrow record batches (of a parquet file or a saved dataset) → rows."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

import pyarrow as pa

from tasks.ingest.cells import SPAN_KEYS, label_of, other_span_keys, text_of
from tasks.ingest.columns import find_columns
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Reading, Row


def check_schema(schema: pa.Schema, reading: Reading) -> None:
    """Raise DataError unless the texts are strings or lists of them, the label that, a number or a list of spans."""
    wanted = reading.settings.columns
    find_columns(schema.names, wanted, name=reading.name)
    reading.ignore({*schema.names} - {*wanted.values()})
    for key, column in wanted.items():
        kind = schema.field(column).type
        is_known = _is_label(kind) if key == "label_column" else _is_text(_item_type(kind))
        if not is_known:
            what = f"holds {kind}, not text; convert it to text in the file"
            raise bad_data(reading.name, what, column=column)


def rows_of_batches(batches: Iterable[pa.RecordBatch], reading: Reading) -> Iterator[Row]:
    """The rows, numbered from 1. Raises DataError for a null, broken UTF-8, and a value that is no text."""
    columns, row = reading.settings.columns, 1
    for batch in batches:
        read = {key: _as_texts(batch.column(column), column, row, reading) for key, column in columns.items()}
        texts, labels = read["text_column"], read["label_column"]
        pairs: Iterable[str | None] = read.get("pair_column") or repeat(None, len(texts))
        yield from zip(range(row, row + len(texts)), texts, pairs, labels, strict=True)
        row += len(texts)


def _as_texts(values: pa.Array, column: str, first_row: int, reading: Reading) -> list[str]:
    try:
        values.validate(full=True)  # a hostile file's offsets may lead outside of its buffers
    except pa.ArrowInvalid as error:
        what = f"in the {len(values):,} rows from here: {error}; write the file anew"
        raise bad_data(reading.name, what, line=first_row, column=column) from None
    if values.null_count:
        row = first_row + values.is_null().index(True).as_py()
        raise bad_data(reading.name, "null, not a text; write a text, or remove the row", line=row, column=column)
    if pa.types.is_float32(values.type):  # as texts: of 64 bits they would have digits that nobody wrote
        found: list[Any] = [float(number) for number in values.cast(pa.string()).to_pylist()]
    else:
        found = values.to_pylist()
    if not found or isinstance(found[0], str):
        return found
    is_label = column == reading.settings.label_column
    return [_read_cell(value, column, row, reading, is_label) for row, value in enumerate(found, first_row)]


def _read_cell(value: Any, column: str, row: int, reading: Reading, is_label: bool) -> str:
    try:
        if not is_label:
            return text_of(value)
        reading.ignore({f"{column}.{key}" for key in other_span_keys(value)})
        return label_of(value, reading.source.classes)
    except ValueError as error:
        raise bad_data(reading.name, str(error), line=row, column=column) from None


def _is_label(kind: pa.DataType) -> bool:
    item = _item_type(kind)
    if item != kind and pa.types.is_struct(item):
        return {*SPAN_KEYS} <= {item.field(number).name for number in range(item.num_fields)}
    return _is_text(item) or pa.types.is_integer(item) or pa.types.is_floating(item)


def _item_type(kind: pa.DataType) -> pa.DataType:
    """The type of a list's items, or of a dictionary's values; else the type itself."""
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return kind.value_type if is_list or pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
