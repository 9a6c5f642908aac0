"""What a person asks to have labelled: texts, or pairs of texts, from the command line or a file."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tasks.errors import DataError, SettingsError
from tasks.texts import Text


def pair_up(texts: Sequence[str], pairs: Sequence[str]) -> list[Text]:
    """The texts, each with its second one if any are given. Raises SettingsError unless there is one for each."""
    if not pairs:
        return list(texts)
    if len(pairs) != len(texts):
        raise SettingsError(f"--pair is given {len(pairs)} times for {len(texts)} texts; give it once for each.")
    return list(zip(texts, pairs, strict=True))


def read_asked(file: Path, columns: Sequence[str]) -> list[Text]:
    """A text for each line that is not blank, or an object for each line of a .jsonl file; - is stdin.

    columns: what a row is made of, ("text",) or ("text", "pair"); a line holds both with a tab between. Raises
    DataError that names the line.
    """
    rows: list[Text] = []
    for number, line in enumerate(_read(file).split("\n"), 1):
        if line.strip():
            values = _from_json(line, columns) if file.suffix == ".jsonl" else _from_line(line, columns)
            if values is None:
                shape = " and ".join(f'"{column}"' for column in columns)
                wanted = f"an object with {shape}" if file.suffix == ".jsonl" else "a text, a tab and its second text"
                raise DataError(f"{file}:{number}: the model needs {wanted} in each line. Mend the line.")
            rows.append((values[0], values[1]) if len(columns) > 1 else values[0])
    return rows


def _from_line(line: str, columns: Sequence[str]) -> list[str] | None:
    values = line.rstrip("\r").split("\t") if len(columns) > 1 else [line]
    return values if len(values) == len(columns) and all(value.strip() for value in values) else None


def _from_json(line: str, columns: Sequence[str]) -> list[str] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = found if isinstance(found, dict) else {}
    values = [found[column] for column in columns if isinstance(found.get(column), str)]
    return values if len(values) == len(columns) else None


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}.") from None
