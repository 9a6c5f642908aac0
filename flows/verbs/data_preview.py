"""What a person sees of a data set before it is taken in: columns, rows, labels, and what will be set aside."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from flows.verbs.trace_words import listed, shown
from tasks.config import Config
from tasks.errors import DataError
from tasks.settings import changed
from tasks.table import ANY, held_out_file

MOST_SHOWN = 5
"""Rows that are shown."""
MOST_LABELS = 20
"""Labels that are shown with their counts."""
MOST_CHECKED = 20_000
"""Rows that are checked; of a larger set, the first ones."""


def show_columns(console: Console, columns: Mapping[str, Sequence[Any]], config: Config, guessed: set[str]) -> None:
    """Each column with what it is taken for and its first value."""
    roles = {column: key.removesuffix("_column") for key, column in config.ingest.columns.items()}
    console.print("Columns")
    for column, values in columns.items():
        role = roles.get(column, "")
        doubt = " (guessed)" if f"{role}_column" in guessed else ""
        first = next((each for each in values if each not in (None, "")), "")
        console.print(f"  {shown(column, 30):<24} {role + doubt:<18} {shown(first, 60)}")


def show_rows(console: Console, new: pa.Table, rows: pa.Table, config: Config, notes: Sequence[str]) -> None:
    """The first new rows, the labels of all with their counts, and what validate will set aside."""
    target = config.problem.target
    console.print("First rows")
    for row in new.slice(0, MOST_SHOWN).to_pylist():
        second = f" ⏎ {shown(row['pair'], 40)}" if row["pair"] else ""
        console.print(f"  {shown(target.shown(row['label']), 30):<30}  {shown(row['text'], 80)}{second}")
    learnable = rows.filter(pc.equal(rows["side"], ANY))
    if target.has_classes:
        from tasks.validate.classes import count_classes

        names = {name for label in pc.unique(learnable["label"]).to_pylist() for name in target.classes_of(label)}
        counts = sorted(count_classes(learnable["label"], sorted(names), target).items(), key=lambda item: -item[1])
        console.print(f"Labels   {len(counts):,}: {listed([f'{each} {rows:,}' for each, rows in counts], MOST_LABELS)}")
    for side in pc.unique(rows["side"]).to_pylist():
        if side != ANY:
            console.print(f"Held out {pc.sum(pc.equal(rows['side'], side)).as_py():,} rows: {held_out_file(side)}")
    for note in notes:
        console.print(f"[yellow]![/] {shown(note, 300)}")
    for line in _set_aside(rows, config):
        console.print(line)


def _set_aside(rows: pa.Table, config: Config) -> list[str]:
    """What the checks say; label errors are not looked for, and no limit stops."""
    from tasks.validate.check import check_rows

    looked_at = rows.slice(0, MOST_CHECKED)
    lenient = changed(config.validate, label_errors="off", max_bad_fraction=1.0, min_rows=1)
    try:
        checked = check_rows(looked_at, lenient, config.problem.target, lambda _: None)  # type: ignore[arg-type, return-value]
    except DataError as error:
        return [f"[yellow]![/] {shown(error, 600)}"]
    part = f" of the first {MOST_CHECKED:,} rows" if rows.num_rows > MOST_CHECKED else ""
    if not checked.reasons:
        return [f"Checks   nothing will be set aside{part}"]
    lines = [f"Checks   {checked.aside.num_rows:,} rows will be set aside{part}:"]
    for reason, count in checked.reasons.items():
        first = next(row for row in checked.aside.to_pylist() if reason in row["reasons"])
        lines.append(f"  {count:>7,} {reason.replace('_', ' ')} (line {first['line']}: {shown(first['advice'], 160)})")
    return lines
