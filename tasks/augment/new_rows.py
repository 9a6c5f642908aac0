"""Train rows → changed ones, and those thrown away."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from tasks.augment.amounts import new_rows_each
from tasks.augment.methods.change import BaseFolder
from tasks.augment.settings import AugmentSettings
from tasks.digest import row_id

Row = dict[str, Any]


def make_rows(
    rows: Sequence[Row], augment: AugmentSettings, base_folder: BaseFolder
) -> tuple[list[Row], dict[str, int]]:
    """New rows (tasks.table.AUGMENTED) whose texts no train row and no other new row has, and counts of the others.

    What is made of a row depends on the seed, its row id and the number of the copy alone, not on its neighbours.
    """
    seen = {row["text"] for row in rows}
    thrown = {"unchanged": 0, "repeats": 0}
    made = []
    for parent, new in _changed(rows, augment, base_folder):
        if new["text"] == parent["text"]:
            thrown["unchanged"] += 1
        elif new["text"] in seen:
            thrown["repeats"] += 1
        else:
            seen.add(new["text"])
            made.append(new)
    return made, thrown


def _changed(rows: Sequence[Row], augment: AugmentSettings, base_folder: BaseFolder) -> Iterator[tuple[Row, Row]]:
    """Each parent with what was made of it."""
    texts = [row["text"] for row in rows]
    changers = [(method.kind, method.changer(texts, base_folder)) for method in augment.methods]
    for row, amount in zip(rows, new_rows_each([row["label"] for row in rows], augment), strict=True):
        for copy in range(amount):
            random = Random(f"{augment.seed} {row['row_id']} {copy}")  # noqa: S311 - not a secret
            kind, change = random.choice(changers)
            yield row, _child(row, change(row["text"], random), kind)


def _child(parent: Mapping[str, Any], text: str, method: str) -> Row:
    name = row_id(text, parent["label"])
    return {**parent, "row_id": name, "text": text, "parent_id": parent["row_id"], "method": method}
