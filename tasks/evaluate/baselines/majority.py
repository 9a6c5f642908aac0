"""The most frequent label, always."""

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows


class Majority:
    """What one gets without reading the text."""

    name = "majority"
    title = "most frequent label"

    def guess(self, rows: BaselineRows) -> np.ndarray:
        """(N,) int64: the label with the most train rows, the first of equals."""
        return np.full(len(rows.test_texts), np.bincount(rows.train_labels).argmax(), dtype=np.int64)
