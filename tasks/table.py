"""Tables of rows, as Parquet: their columns, and how they are read and written."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import DataError
from tasks.files import replacing

ANY, VAL, TEST = "any", "val", "test"
"""Sides of a row as read: split deals it, or it is of an official val or an official test file."""
EXTRA = "extra:"
"""Begins the side of a row of a further test set; its name follows."""

INGESTED = pa.schema(
    [
        ("row_id", pa.string()),  # tasks.digest.row_id: equal rows have equal ids
        ("side", pa.string()),  # one of the sides below: what the row's file is for
        ("line", pa.int64()),  # first line of the row in its file, 1 = the first line of the file
        ("text", pa.string()),
        ("pair", pa.string()),  # the second text, where a row is a pair of texts; else null, in all rows
        ("label", pa.string()),
    ]
)
QUARANTINE = INGESTED.append(pa.field("reasons", pa.list_(pa.string()))).append(pa.field("advice", pa.string()))
SPLIT = INGESTED.append(pa.field("fold", pa.int32()))  # 1, 2, …; 0 for test rows and when folds are off
AUGMENTED = SPLIT.append(pa.field("parent_id", pa.string())).append(pa.field("method", pa.string()))
PREDICTIONS = pa.schema(
    [
        ("row_id", pa.string()),
        ("line", pa.int64()),
        ("text", pa.string()),
        ("pair", pa.string()),
        ("label", pa.string()),
        ("predicted", pa.string()),
        ("probabilities", pa.list_(pa.float32())),  # in the order of the model's labels
    ]
)


def read_table(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
    """The table at `path`, its columns checked against `schema`.

    Raises DataError if the file is missing or holds other columns.
    """
    if not path.exists():
        raise DataError(f"{path} is missing. Run the stage that makes it (finetrace run), or `dvc checkout`.")
    table = pq.read_table(path, columns=columns)
    expected = schema if columns is None else pa.schema([schema.field(name) for name in columns])
    if not table.schema.equals(expected):
        raise DataError(f"{path} has the columns {table.schema.names}, not {expected.names}. Run its stage again.")
    return table


def held_out_file(side: str) -> str:
    """What people call the file that a held-out side's rows came from."""
    return f"further test set {side.removeprefix(EXTRA)!r}" if side.startswith(EXTRA) else f"official {side} file"


def read_extra_tests(path: Path, columns: list[str] | None = None) -> dict[str, pa.Table]:
    """The rows (SPLIT) of each further test set by its name, in the order of ingest.extra_tests; columns must name
    "side" if it is given. Raises DataError as read_table does."""
    table = read_table(path, SPLIT, columns)
    sides = [side for side in table["side"].unique().to_pylist() if side.startswith(EXTRA)]
    return {side.removeprefix(EXTRA): table.filter(pc.equal(table["side"], side)) for side in sides}


def write_table(path: Path, table: pa.Table, schema: pa.Schema) -> None:
    """Write a table, whole or not at all; the same rows give the same bytes."""
    with table_writer(path, schema) as writer:
        writer.write_table(table.cast(schema))


def write_rows(path: Path, rows: Iterable[dict[str, object]], schema: pa.Schema) -> None:
    """Write rows given as dictionaries."""
    write_table(path, pa.Table.from_pylist(list(rows), schema=schema), schema)


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A writer of batches that takes `path`'s place when the block ends well."""
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        yield writer
