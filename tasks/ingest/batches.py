"""Rows → Arrow batches with ids, checked; nothing is kept from one batch to the next."""

import re
from collections.abc import Iterable, Iterator

import pyarrow as pa

from tasks.digest import row_id
from tasks.ingest.problem import bad_data
from tasks.ingest.reading import Reading, Row
from tasks.table import INGESTED

WINDOWS_1252 = {
    code: character for code in range(0x80, 0xA0) if (character := bytes([code]).decode("cp1252", "ignore"))
}
"""What C1 code points are in Windows-1252; five of them are nothing there."""

_C1 = re.compile(f"[{''.join(map(chr, WINDOWS_1252))}]")
_ROWS = 16_384
_CHARACTERS = 8 * 1024 * 1024


def batch_rows(rows: Iterable[Row], reading: Reading) -> Iterator[pa.RecordBatch]:
    """Batches (tasks.table.INGESTED) of 16,384 rows or some 8 million characters, whichever comes first."""
    waiting: list[Row] = []
    held = 0
    for row in rows:
        waiting.append(row)
        _, text, pair, label = row
        held += len(text) + len(pair or "") + len(label)
        if held > _CHARACTERS or len(waiting) == _ROWS:
            yield _batch(waiting, reading)
            waiting, held = [], 0
    if waiting:
        yield _batch(waiting, reading)


def _batch(rows: list[Row], reading: Reading) -> pa.RecordBatch:
    if reading.settings.c1_as_windows_1252:
        rows = _repaired(rows, reading)
    lines, texts, pairs, labels = (list(column) for column in zip(*rows, strict=True))
    read = {"text_column": texts, "pair_column": pairs, "label_column": labels}
    for key, column in reading.settings.columns.items():
        _check(read[key], lines, column, reading)
    if not reading.target.is_stored_as_written:
        rows_as_stored = map(reading.target.canonical_row, texts, labels)
        texts, labels = (list(column) for column in zip(*rows_as_stored, strict=True))
    row_ids = list(map(row_id, texts, labels, pairs))
    columns = [row_ids, [reading.source.side] * len(lines), lines, texts, pairs, labels]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, INGESTED, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=INGESTED)


def _repaired(rows: list[Row], reading: Reading) -> list[Row]:
    """The rows with Windows-1252's characters in place of C1 controls; how many were changed is noted."""
    repaired = []
    for line, text, pair, label in rows:
        if count := sum(len(_C1.findall(field)) for field in (text, pair, label) if field):
            reading.repaired.update(rows=1, characters=count)
        second = None if pair is None else pair.translate(WINDOWS_1252)
        repaired.append((line, text.translate(WINDOWS_1252), second, label.translate(WINDOWS_1252)))
    return repaired


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
