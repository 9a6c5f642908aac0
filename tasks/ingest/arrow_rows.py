"""Arrow record batches (of a parquet file or a saved dataset) → rows."""

from collections.abc import Iterable, Iterator
from itertools import repeat

import pyarrow as pa

from tasks.ingest.columns import find_columns
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Reading, Row


def check_schema(schema: pa.Schema, reading: Reading) -> None:
    """Raise DataError unless the texts are string columns, and the label a string or whole-number one."""
    wanted = reading.settings.columns
    find_columns(schema.names, wanted, name=reading.name)
    reading.ignore({*schema.names} - {*wanted.values()})
    for key, column in wanted.items():
        numbers_too = key == "label_column"
        kind = schema.field(column).type
        value = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (_is_text(value) or (numbers_too and pa.types.is_integer(value))):
            what = f"holds {kind}, not text; convert it to text in the file"
            raise bad_data(reading.name, what, column=column)


def rows_of_batches(batches: Iterable[pa.RecordBatch], reading: Reading) -> Iterator[Row]:
    """The rows, numbered from 1. Raises DataError for a null, broken UTF-8, and a number that is no class."""
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
    found = values.to_pylist()
    if not found or isinstance(found[0], str):
        return found
    classes = reading.source.classes
    if classes is None or column != reading.settings.label_column:
        return [str(number) for number in found]
    for row, number in enumerate(found, first_row):
        if not 0 <= number < len(classes):
            what = f"{number} is none of the {len(classes)} classes; remove the row (-1 means unlabelled)"
            raise bad_data(reading.name, what, line=row, column=column)
    return [classes[number] for number in found]


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
