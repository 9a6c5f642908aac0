"""jsonl → rows, one object a line."""

import json
from collections.abc import Iterator
from typing import Any

from tasks.ingest.columns import missing_column, refuse_many
from tasks.ingest.problem import bad_data, quoted
from tasks.ingest.reading import Reading, Row

_KINDS = {bool: "true or false", float: "a fraction", dict: "an object", list: "a list", type(None): "null"}


def read_jsonl(reading: Reading) -> Iterator[Row]:
    """The rows of a jsonl file; a label may be a whole number, which becomes its decimal text.

    Raises DataError at the first line that is not an object with its text, its second text if one is asked for, and
    its label, and for a key given twice.
    """
    columns = reading.settings.columns
    wanted = {*columns.values()}
    blank = 0
    for number, line in enumerate(reading.lines(), 1):
        if line.isspace():
            blank = blank or number
            continue
        if blank:
            raise bad_data(reading.name, "a blank line; remove it", line=blank)
        record = _parse(line, number, reading.name)
        for key, column in columns.items():
            if column not in record:
                raise missing_column(record, key, column, reading.name, line=number)
        if record.keys() != wanted:
            refuse_many(len(record), reading.name, line=number)
            reading.ignore(record.keys() - wanted, line=number)
        yield number, *_fields(record, reading, number)


def _fields(record: dict[str, Any], reading: Reading, number: int) -> tuple[str, str | None, str]:
    """The text, the second text or None, and the label of a line's object."""
    settings, name = reading.settings, reading.name
    text, label, pair = record[settings.text_column], record[settings.label_column], None
    if type(text) is not str or type(label) is not str:
        text = _as_text(text, settings.text_column, number, name)
        label = _as_text(str(label) if type(label) is int else label, settings.label_column, number, name)
    if settings.pair_column is not None:
        pair = _as_text(record[settings.pair_column], settings.pair_column, number, name)
    return text, pair, label


def _as_text(value: Any, column: str, line: int, name: str) -> str:
    if type(value) is str:
        return value
    kind = _KINDS.get(type(value), "a number")
    raise bad_data(name, f"{kind}, not a text; write it in quotes, or remove the row", line=line, column=column)


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
