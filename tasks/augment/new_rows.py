"""Train rows → changed ones, and those thrown away."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from tasks.augment.amounts import new_rows_each
from tasks.augment.methods.change import BaseFolder
from tasks.augment.settings import AugmentSettings
from tasks.digest import row_id
from tasks.texts import strings

Row = dict[str, Any]


def make_rows(
    rows: Sequence[Row], augment: AugmentSettings, base_folder: BaseFolder
) -> tuple[list[Row], dict[str, int]]:
    """New rows (tasks.table.AUGMENTED) whose texts no train row and no other new row has, and counts of the others.

    What is made of a row depends on the seed, its row id and the number of the copy alone, not on its neighbours. Of a
    pair one text is changed, either as likely: the label says how the two are related, and two changes strain it more.
    """
    seen = {_content(row) for row in rows}
    thrown = {"unchanged": 0, "repeats": 0}
    made = []
    for parent, new in _changed(rows, augment, base_folder):
        if _content(new) == _content(parent):
            thrown["unchanged"] += 1
        elif _content(new) in seen:
            thrown["repeats"] += 1
        else:
            seen.add(_content(new))
            made.append(new)
    return made, thrown


def _changed(rows: Sequence[Row], augment: AugmentSettings, base_folder: BaseFolder) -> Iterator[tuple[Row, Row]]:
    """Each parent with what was made of it."""
    texts = strings(text if pair is None else (text, pair) for text, pair in map(_content, rows))
    changers = [(method.kind, method.changer(texts, base_folder)) for method in augment.methods]
    for row, amount in zip(rows, new_rows_each([row["label"] for row in rows], augment), strict=True):
        for copy in range(amount):
            random = Random(f"{augment.seed} {row['row_id']} {copy}")  # noqa: S311 - not a secret
            kind, change = random.choice(changers)
            column = "text" if row["pair"] is None else random.choice(("text", "pair"))
            yield row, _child(row | {column: change(row[column], random)}, row["row_id"], kind)


def _child(changed: Mapping[str, Any], parent_id: str, method: str) -> Row:
    name = row_id(changed["text"], changed["label"], changed["pair"])
    return {**changed, "row_id": name, "parent_id": parent_id, "method": method}


def _content(row: Mapping[str, Any]) -> tuple[str, str | None]:
    """What a model reads of it: its text, and its second text if it has one."""
    return row["text"], row["pair"]
