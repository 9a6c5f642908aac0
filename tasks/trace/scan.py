"""Parquet files → the rows that a question is about, a few thousand rows in memory at a time"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import IntegrityError

Choose = Callable[[pa.RecordBatch], pa.Array]
"""A batch of rows → which of them are wanted."""
_ROWS = 4_096
_BYTES = 8_000_000
"""What is looked at at once, at most: a row may hold a megabyte."""


def batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The file's rows, these columns of them. Raises IntegrityError if it is no Parquet file that has them."""
    try:
        with pq.ParquetFile(path) as file:
            missing = set(columns) - set(file.schema_arrow.names)
            if missing:
                raise IntegrityError(f"{path} has no column {', '.join(sorted(missing))}. Make it again: finetrace run")
            for batch in file.iter_batches(batch_size=_ROWS, columns=list(columns)):
                rows = max(1, batch.num_rows * _BYTES // max(batch.nbytes, _BYTES))
                yield from (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))
    except (pa.ArrowInvalid, OSError) as error:
        raise IntegrityError(f"{path} cannot be read as Parquet ({error}). Make it again: finetrace run") from None


def chosen(path: Path, columns: Sequence[str], choose: Choose) -> Iterator[dict[str, Any]]:
    """The rows that are wanted, in the file's order."""
    for batch in batches(path, columns):
        mask = pc.fill_null(choose(batch), False)
        if pc.any(mask).as_py():
            yield from batch.filter(mask).to_pylist()


def among(column: str, values: Sequence[str]) -> Choose:
    """Rows whose column has one of these values."""
    wanted = pa.array(list(values), pa.string())
    return lambda batch: pc.is_in(batch.column(column), value_set=wanted)


def either(*questions: Choose) -> Choose:
    """Rows that one of the questions wants."""

    def choose(batch: pa.RecordBatch) -> pa.Array:
        mask = pc.fill_null(questions[0](batch), False)
        for each in questions[1:]:
            mask = pc.or_(mask, pc.fill_null(each(batch), False))
        return mask

    return choose
