"""parquet → rows."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.ingest.arrow_rows import check_schema, rows_of_batches
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Reading, Row

_MOST_ROWS = 16_384
_BATCH_BYTES = 16 * 1024 * 1024
_HARMLESS_BYTES = 1024 * 1024  # so little may grow by any factor


def read_parquet(reading: Reading) -> Iterator[Row]:
    """The rows of a parquet file; a row's line is its number, from 1.

    Raises DataError for columns of other kinds than text (the label may be whole numbers), nulls and broken files.
    """
    reading.file.hash_whole()
    wanted = list(reading.settings.columns.values())
    try:
        with pq.ParquetFile(reading.file.raw, pre_buffer=False) as table:
            check_schema(table.schema_arrow, reading)
            size = _unpacked_bytes(table.metadata, wanted)
            ratio = reading.settings.max_unpacked_ratio
            if size > _HARMLESS_BYTES and size > ratio * reading.file.size:
                what = f"unpacks to more than {ratio} times its size (a bomb?)"
                raise bad_data(reading.name, f"{what}; if it is sound raise ingest.max_unpacked_ratio")
            rows = max(1, min(_MOST_ROWS, _BATCH_BYTES * table.metadata.num_rows // max(size, 1)))
            yield from rows_of_batches(table.iter_batches(rows, columns=wanted, use_threads=False), reading)
    except (pa.ArrowException, OSError) as error:
        raise bad_data(reading.name, f"is no sound parquet file ({_first_line(error)}); write it anew") from None


def _unpacked_bytes(metadata: pq.FileMetaData, wanted: list[str]) -> int:
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    columns = (group.column(number) for group in groups for number in range(group.num_columns))
    return sum(column.total_uncompressed_size for column in columns if column.path_in_schema in wanted)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
