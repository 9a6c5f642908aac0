"""Labels with few train rows."""

import numpy as np

from tasks.evaluate.slices.slice import Slice, SliceRows


def cut_rare_labels(rows: SliceRows) -> list[Slice]:
    """The quarter of the labels with the fewest train rows; nothing if all have equally many."""
    labels = np.union1d(rows.train_labels, rows.test_labels)
    counts = np.array([(rows.train_labels == label).sum() for label in labels])
    if counts.min() == counts.max():
        return []
    quarter = -(-len(labels) // 4)
    limit = np.sort(counts)[quarter - 1]
    rare = labels[np.argsort(counts, kind="stable")[:quarter]]
    return [
        Slice(
            "rare_labels",
            f"the {quarter} labels with the fewest train rows, at most {limit}",
            np.flatnonzero(np.isin(rows.test_labels, rare)),
        )
    ]
