"""Ranges of the true numbers."""

import numpy as np

from tasks.evaluate.slices.slice import Slice, SliceRows


def cut_by_range(rows: SliceRows) -> list[Slice]:
    """A slice for each range that the test rows' numbers fall into; nothing where groups are labels."""
    if rows.groups_are_labels:
        return []
    names = dict.fromkeys(name for names in rows.test_groups for name in names)
    return [
        Slice(
            f"range {name}",
            "test rows whose true number lies there",
            np.array([row for row, own in enumerate(rows.test_groups) if name in own], dtype=np.int64),
        )
        for name in sorted(names, key=lambda name: float(name.split(" ")[0]))
    ]
