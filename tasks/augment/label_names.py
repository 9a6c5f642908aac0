"""Labels' own names → train rows."""

import re
from collections.abc import Sequence
from typing import Any

from tasks.digest import row_id
from tasks.errors import SettingsError

Row = dict[str, Any]
METHOD = "label_name"


def name_rows(rows: Sequence[Row]) -> tuple[list[Row], dict[str, int]]:
    """A row (tasks.table.AUGMENTED) for each label, its name as the text, and counts of those left out.

    It comes from no row of the data, so it is its own parent, on line 0, and in no fold: each fold's training has it.
    Raises SettingsError if the rows are pairs of texts: a name is no pair.
    """
    if any(row["pair"] is not None for row in rows):
        raise SettingsError(
            "augment.label_names: the rows are pairs of texts, and a label's name is none. Turn it off."
        )
    texts = {row["text"] for row in rows}
    thrown = {"label_without_words": 0, "label_repeats": 0}
    made = []
    for label in sorted({row["label"] for row in rows}):
        text = spoken(label)
        if not text:
            thrown["label_without_words"] += 1
        elif text in texts:
            thrown["label_repeats"] += 1
        else:
            texts.add(text)
            name = row_id(text, label, None)
            own = {"row_id": name, "line": 0, "text": text, "pair": None, "label": label, "fold": 0}
            made.append(rows[0] | own | {"parent_id": name, "method": METHOD})
    return made, thrown


def spoken(label: str) -> str:
    """The label as words: `card_arrival`, `card-arrival` and `CardArrival` are card arrival; "" if it has no letter."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    words = " ".join(re.split(r"[\s_\-/.:]+", apart)).strip()
    words = words.lower() if apart != label else words
    return words if any(each.isalpha() for each in words) else ""
