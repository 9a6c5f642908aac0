"""csv and tsv → rows, each with exactly the fields that the header names."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Literal

from tasks.errors import DataError
from tasks.ingest.columns import find_columns
from tasks.ingest.open_quote import find_open_quote
from tasks.ingest.problem import bad_data, quoted
from tasks.ingest.reading import Reading, Row

_USUAL = {"csv": ",", "tsv": "\t"}
_DELIMITERS = (",", ";", "\t", "|")


def read_delimited(reading: Reading) -> Iterator[Row]:
    """The rows of a csv or tsv, their fields exactly as written.

    Raises DataError at the first row with another number of fields, a blank line before the end, or a broken quote.
    """
    names, records = read_fields(reading)
    wanted = reading.settings.columns
    place = find_columns(names, wanted, name=reading.name, line=1, hint=_hint(names, reading))
    text, pair, label = place["text_column"], place.get("pair_column"), place["label_column"]
    reading.ignore({*names} - {*wanted.values()})
    for line, fields in records:
        yield line, fields[text], None if pair is None else fields[pair], fields[label]


def read_fields(reading: Reading) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The columns' names, and of each record its first line and its fields, one for each name."""
    records = _records(reading)
    _, first = next(records, (1, []))
    if not first:
        raise bad_data(reading.name, "is empty or begins with a blank line; it must begin with a row", line=1)
    if reading.settings.header:
        return first, _rectangular(records, first, reading)
    names = [str(number) for number, _ in enumerate(first, 1)]
    return names, _rectangular(chain([(1, first)], records), names, reading)


def _rectangular(
    records: Iterator[tuple[int, list[str]]], names: list[str], reading: Reading
) -> Iterator[tuple[int, list[str]]]:
    blank = 0
    for line, fields in records:
        if not fields:
            blank = blank or line
        elif blank:
            raise bad_data(reading.name, "a blank line; remove it, or quote the text that it is part of", line=blank)
        elif len(fields) != len(names):
            raise _wrong_count(len(fields), names, reading.name, line)
        else:
            yield line, fields


def delimiter_of(reading: Reading) -> str:
    """What parts the fields of a csv or tsv."""
    return reading.settings.delimiter or _USUAL[reading.source.format]


def _records(reading: Reading) -> Iterator[tuple[int, list[str]]]:
    """Each record's first line and its fields; none for a blank line."""
    delimiter = delimiter_of(reading)
    quoting: Literal[0, 3] = csv.QUOTE_NONE if reading.settings.quoting == "none" else csv.QUOTE_MINIMAL
    table = csv.reader(reading.lines(), delimiter=delimiter, quoting=quoting, strict=True)
    line = 1
    with _field_limit(reading.settings.max_field_bytes):
        try:
            for fields in table:
                yield line, fields
                line = table.line_num + 1
        except csv.Error as error:
            raise _broken_field(str(error), reading, delimiter, line) from None


def _hint(header: list[str], reading: Reading) -> str:
    """What may be wrong with the whole file if its header lacks a column."""
    if not reading.settings.header:
        return " (ingest.header is false)"
    delimiter = delimiter_of(reading)
    if len(header) == 1:
        for other in _DELIMITERS:
            if other != delimiter and other in header[0]:
                return (
                    f". The header has one column {quoted(header[0])}: is the delimiter {other!r}? Set ingest.delimiter"
                )
    if reading.settings.quoting == "none" and header[0].startswith('"'):
        return ". The names are in quotes: set ingest.quoting: double"
    return ". If the file has no header set ingest.header: false"


def _wrong_count(count: int, names: list[str], name: str, line: int) -> DataError:
    due = len(names)
    what = f"the row has {count:,} field{'s' if count > 1 else ''}, the first line {due:,}"
    if count > due:
        advice = "remove what is too much, or quote the text that holds the delimiter"
        return bad_data(name, f"column {due + 1}: {what}; {advice}", line=line)
    advice = "write the missing field (or nothing between its delimiters), or quote the text that a line break parts"
    return bad_data(name, f"{what}; {advice}", line=line, column=names[count])


def _broken_field(error: str, reading: Reading, delimiter: str, line: int) -> DataError:
    """What stopped the csv module in the record that begins at `line`."""
    limit = f"the field is longer than {reading.settings.max_field_bytes:,} bytes (ingest.max_field_bytes)"
    is_long = "field limit" in error
    quote = None if reading.settings.quoting == "none" else find_open_quote(reading, delimiter, line)
    if quote is None:
        what = f"{limit}; shorten it, or raise the limit" if is_long else f"{error}; mend the row"
        return bad_data(reading.name, what, line=line)
    advice = 'close it, write a quote inside a quoted text twice (""), or set ingest.quoting: none'
    what = (
        f"column {quote.column}: the quote opened at byte {quote.byte:,} is not closed before a delimiter or line end"
    )
    return bad_data(reading.name, f"{what}{f' and {limit}' if is_long else ''}; {advice}", line=quote.line)


@contextmanager
def _field_limit(limit: int) -> Iterator[None]:
    """The csv module keeps one limit for the whole process: set it, and put back what was there."""
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)
