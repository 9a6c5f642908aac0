"""Rows → Arrow batches with ids, checked; nothing is kept from one batch to the next."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from tasks.digest import row_id
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Reading, Row
from tasks.table import INGESTED

_ROWS = 16_384
_CHARACTERS = 8 * 1024 * 1024


def batch_rows(rows: Iterable[Row], reading: Reading) -> Iterator[pa.RecordBatch]:
    """Batches (tasks.table.INGESTED) of 16,384 rows or some 8 million characters, whichever comes first."""
    lines: list[int] = []
    texts: list[str] = []
    labels: list[str] = []
    held = 0
    for line, text, label in rows:
        lines.append(line)
        texts.append(text)
        labels.append(label)
        held += len(text) + len(label)
        if held > _CHARACTERS or len(lines) == _ROWS:
            yield _batch(lines, texts, labels, reading)
            lines, texts, labels, held = [], [], [], 0
    if lines:
        yield _batch(lines, texts, labels, reading)


def _batch(lines: list[int], texts: list[str], labels: list[str], reading: Reading) -> pa.RecordBatch:
    for column, values in ((reading.settings.text_column, texts), (reading.settings.label_column, labels)):
        _check(values, lines, column, reading)
    row_ids = list(map(row_id, texts, labels))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(row_ids),
            pa.array([reading.source.side] * len(lines)),
            pa.array(lines),
            pa.array(texts),
            pa.array(labels),
        ],
        schema=INGESTED,
    )


def _check(values: list[str], lines: list[int], column: str, reading: Reading) -> None:
    r"""Refuse what a JSON escape (\u0000, \ud800) or a binary file can bring past the readers, and long fields."""
    try:
        joined = "\n".join(values).encode()
    except UnicodeEncodeError:
        line = next(line for line, value in zip(lines, values, strict=True) if not _is_unicode(value))
        what = "a lone surrogate, which is no character; write the text anew"
        raise bad_data(reading.name, what, line=line, column=column) from None
    if b"\0" in joined:
        line = next(line for line, value in zip(lines, values, strict=True) if "\0" in value)
        raise bad_data(reading.name, "a NUL character, which no text holds; remove it", line=line, column=column)
    limit = reading.settings.max_field_bytes
    if max(map(len, values)) * 4 <= limit:  # no character has more than 4 bytes
        return
    for line, value in zip(lines, values, strict=True):
        if len(value) * 4 > limit and (size := len(value.encode())) > limit:
            what = f"the field has {size:,} bytes, more than {limit:,} (ingest.max_field_bytes)"
            raise bad_data(reading.name, f"{what}; shorten it, or raise the limit", line=line, column=column)


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)
