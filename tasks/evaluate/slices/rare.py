"""Labels, or types of spans, with few train rows."""

from collections import Counter

import numpy as np

from tasks.evaluate.slices.slice import Slice, SliceRows


def cut_rare_labels(rows: SliceRows) -> list[Slice]:
    """The quarter of the groups with the fewest train rows; nothing if all have equally many, or groups are ranges."""
    if not rows.groups_are_labels:
        return []
    counts = Counter({name: 0 for names in rows.test_groups for name in names})
    counts.update(name for names in rows.train_groups for name in names)
    if not counts or min(counts.values()) == max(counts.values()):
        return []
    quarter = -(-len(counts) // 4)
    rarest = sorted(counts, key=lambda name: (counts[name], name))[:quarter]
    rare = set(rarest)
    return [
        Slice(
            "rare_labels",
            f"the {quarter} labels with the fewest train rows, at most {counts[rarest[-1]]}",
            np.array([row for row, names in enumerate(rows.test_groups) if rare & set(names)], dtype=np.int64),
        )
    ]
