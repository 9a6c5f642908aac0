"""A place in a file and what is wrong there → one line for a person."""

from collections.abc import Iterable

from tasks.errors import DataError

_MOST_NAMES = 12
_LONGEST_NAME = 60


def bad_data(name: str, what: str, *, line: int | None = None, column: str | None = None) -> DataError:
    """The error `name:line: column '…': what`; `what` says what is wrong and, after a semicolon, what to do."""
    place = name if line is None else f"{name}:{line}"
    where = "" if column is None else f"column {quoted(column)}: "
    return DataError(f"{place}: {where}{what}")


def quoted(word: str) -> str:
    """A word from a file, made harmless for a terminal and short enough for a line."""
    return repr(word if len(word) <= _LONGEST_NAME else word[: _LONGEST_NAME - 1] + "…")


def listed(names: Iterable[str]) -> str:
    """Names from a file in quotes, with a comma between, the first dozen of them."""
    every = list(names)
    shown = ", ".join(quoted(name) for name in every[:_MOST_NAMES])
    return shown if len(every) <= _MOST_NAMES else f"{shown} and {len(every) - _MOST_NAMES:,} more"
