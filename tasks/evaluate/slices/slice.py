"""A part of the test rows, or the same rows read otherwise."""

from dataclasses import dataclass

import numpy as np

from tasks.texts import Text


@dataclass(frozen=True)
class SliceRows:
    """What a slice is cut from: train rows teach where to cut, test rows are cut."""

    train_texts: list[Text]
    train_groups: list[tuple[str, ...]]
    """The groups that each row is in, see `strata` of the target."""
    test_texts: list[Text]
    test_ids: list[str]
    test_groups: list[tuple[str, ...]]
    groups_are_labels: bool
    """Whether groups bear names that train and test share; ranges of numbers are each side's own."""
    typo_share: float
    typo_rows: int
    seed: int


@dataclass(frozen=True)
class Slice:
    """name and why are read by people. rows: (n,) int64 positions among the test rows, rising.

    texts: what the model reads instead of the rows' own texts, in the same order; None if their own.
    """

    name: str
    why: str
    rows: np.ndarray
    texts: list[Text] | None = None
