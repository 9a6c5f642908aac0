"""A record of a csv that cannot be read → where the quote is that was opened and not closed well."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tasks.ingest.encoding import codec_without_mark, mark_bytes
from tasks.ingest.reading import Reading


@dataclass(frozen=True)
class OpenQuote:
    """Where a quote is: line, byte of the (unpacked) file from 0, column from 1."""

    line: int
    byte: int
    column: int


def find_open_quote(reading: Reading, delimiter: str, record_line: int) -> OpenQuote | None:
    """The first quote of the record at `record_line` that no delimiter or line end follows; None if all are closed.

    Reads the file anew: no reader keeps bytes for the case that it fails.
    """
    lines, codec = reading.lines(), codec_without_mark(reading.settings.encoding)
    before = mark_bytes(next(reading.unpacked(), b"")) + sum(
        len(line.encode(codec)) for line in islice(lines, record_line - 1)
    )
    record = _head(lines, 2 * reading.settings.max_field_bytes)
    found = scan_record(record, delimiter)
    if found is None:
        return None
    column, at = found
    head = record[:at]
    return OpenQuote(
        record_line + len((head + ".").encode().splitlines()) - 1, before + len(head.encode(codec)), column
    )


def scan_record(record: str, delimiter: str) -> tuple[int, int] | None:
    """Column (from 1) and place of the first quote that is not closed well, as far as the first unquoted line end."""
    parts = re.escape(delimiter)
    field = re.compile(rf'(?:"[^"]*+(?:""[^"]*+)*+"(?=[{parts}\r\n]|\Z)|(?!")[^{parts}\r\n]*+)(.?)', re.DOTALL)
    at, column = 0, 1
    while match := field.match(record, at):
        if match[1] != delimiter:
            return None
        at, column = match.end(), column + 1
    return column, at


def _head(lines: Iterator[str], characters: int) -> str:
    """The first of the lines, so many that a field over the limit is among them."""
    parts: list[str] = []
    held = 0
    for line in lines:
        parts.append(line)
        held += len(line)
        if held > characters:
            break
    return "".join(parts)
