"""Short, middling and long texts, or pairs."""

import numpy as np

from tasks.evaluate.slices.slice import Slice, SliceRows
from tasks.texts import Text, strings


def cut_by_length(rows: SliceRows) -> list[Slice]:
    """Three slices, cut where the train texts' lengths in characters (of a pair, of both) fall into thirds."""
    first, second = np.quantile([_characters(text) for text in rows.train_texts], [1 / 3, 2 / 3])
    lengths = np.array([_characters(text) for text in rows.test_texts])
    return [
        Slice("short", f"up to {first:.0f} characters", np.flatnonzero(lengths <= first)),
        Slice("medium", f"up to {second:.0f} characters", np.flatnonzero((lengths > first) & (lengths <= second))),
        Slice("long", f"over {second:.0f} characters", np.flatnonzero(lengths > second)),
    ]


def _characters(text: Text) -> int:
    return sum(map(len, strings([text])))
