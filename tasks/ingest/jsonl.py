"""jsonl → rows, one object a line."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tasks.ingest.cells import label_of, other_span_keys, text_of
from tasks.ingest.columns import missing_column, refuse_many
from tasks.ingest.problem import bad_data, quoted
from tasks.ingest.reading import Reading, Row


def read_jsonl(reading: Reading) -> Iterator[Row]:
    """The rows of a jsonl file; a label may be a number or a list, a text a list of tokens: see tasks.ingest.cells.

    Raises DataError at the first line that is not an object with its text, its second text if one is asked for, and
    its label, and for a key given twice.
    """
    columns = reading.settings.columns
    wanted = {*columns.values()}
    for number, record in read_objects(reading):
        for key, column in columns.items():
            if column not in record:
                raise missing_column(record, key, column, reading.name, line=number)
        if record.keys() != wanted:
            refuse_many(len(record), reading.name, line=number)
            reading.ignore(record.keys() - wanted, line=number)
        yield number, *_fields(record, reading, number)


def read_objects(reading: Reading) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of each line and its object. Raises DataError at the first line that is none."""
    blank = 0
    for number, line in enumerate(reading.lines(), 1):
        if line.isspace():
            blank = blank or number
            continue
        if blank:
            raise bad_data(reading.name, "a blank line; remove it", line=blank)
        yield number, _parse(line, number, reading.name)


def _fields(record: dict[str, Any], reading: Reading, number: int) -> tuple[str, str | None, str]:
    """The text, the second text or None, and the label of a line's object."""
    settings, pair = reading.settings, None
    text, label = record[settings.text_column], record[settings.label_column]
    if type(text) is not str or type(label) is not str:
        others = other_span_keys(label)
        reading.ignore({f"{settings.label_column}.{key}" for key in others}, line=number)
        text = _read(text_of, text, settings.text_column, number, reading.name)
        label = _read(label_of, label, settings.label_column, number, reading.name)
    if settings.pair_column is not None:
        pair = _read(text_of, record[settings.pair_column], settings.pair_column, number, reading.name)
    return text, pair, label


def _read(as_text: Callable[[Any], str], value: Any, column: str, line: int, name: str) -> str:
    try:
        return as_text(value)
    except ValueError as error:
        raise bad_data(name, str(error), line=line, column=column) from None


def _parse(line: str, number: int, name: str) -> dict[str, Any]:
    try:
        record = _DECODER.decode(line.rstrip("\r\n"))
    except json.JSONDecodeError as error:
        what = f"character {error.colno}: {error.msg}; mend the JSON (one object a line)"
        raise bad_data(name, what, line=number) from None
    except (ValueError, RecursionError) as error:  # a key twice, NaN, a number of thousands of digits; too deep
        raise bad_data(name, f"{error}; mend the JSON", line=number) from None
    if type(record) is not dict:
        advice = "write one object a line (jq -c '.[]' turns a list into that)"
        raise bad_data(name, f"is not an object; {advice}", line=number)
    return record


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {quoted(next(key for key in keys if keys.count(key) > 1))} is given twice")
    return record


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
