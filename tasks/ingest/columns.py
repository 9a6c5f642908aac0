"""The names of a file's columns → where the texts and the label are."""

import difflib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tasks.errors import DataError
from tasks.ingest.problem import bad_data, listed, quoted

MOST_COLUMNS = 1_000


def find_columns(
    names: Sequence[str], wanted: Mapping[str, str], *, name: str, line: int | None = None, hint: str = ""
) -> dict[str, int]:
    """Where the wanted columns are among `names`, counted from 0, by the setting that names each.

    Raises DataError for more than 1,000 columns, a column without a name or named twice, and a missing one.
    """
    refuse_many(len(names), name, line=line)
    for column, count in Counter(names).items():
        if count > 1 and column:
            numbers = ", ".join(str(number) for number, each in enumerate(names, 1) if each == column)
            what = f"names {count} columns ({numbers}); rename or remove all but one"
            raise bad_data(name, what, line=line, column=column)
    for key, column in wanted.items():
        if column not in names:
            raise missing_column(names, key, column, name, line=line, hint=hint)
    if "" in names:
        number = names.index("") + 1
        advice = "name it or remove it (pandas writes one unless to_csv(index=False))"
        raise bad_data(name, f"column {number} has no name; {advice}", line=line)
    return {key: names.index(column) for key, column in wanted.items()}


def missing_column(
    names: Collection[str], key: str, column: str, name: str, *, line: int | None = None, hint: str = ""
) -> DataError:
    """The error for a column that is not among `names`; `key` is the setting that names it."""
    near = {each.strip().casefold(): each for each in names}
    close = difflib.get_close_matches(column.strip().casefold(), near, n=1, cutoff=0.5)
    meant = f" (did you mean {quoted(near[close[0]])}?)" if close and len(names) > 1 else ""
    what = f"is missing, the file has {listed(names)}{meant}; rename the column, or set ingest.{key}{hint}"
    return bad_data(name, what, line=line, column=column)


def refuse_many(count: int, name: str, *, line: int | None = None) -> None:
    """Raise DataError for more columns than a table of labelled texts has."""
    if count > MOST_COLUMNS:
        what = f"{count:,} columns, at most {MOST_COLUMNS:,} are read; keep the text and the label, remove the rest"
        raise bad_data(name, what, line=line)
