"""Batches of rows → the few numbers about them that are reported, in bounded memory."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

LABELS_COUNTED_TO = 10_000
"""More distinct labels than this are not told apart: the label column is surely another one."""


@dataclass
class Tally:
    """What has been seen so far."""

    rows_by_side: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    """The "rows" and "characters" that ingest.c1_as_windows_1252 changed."""
    ignored_columns: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    _labels: set[bytes] = field(default_factory=set)

    @property
    def labels(self) -> int:
        """How many distinct labels, at most LABELS_COUNTED_TO."""
        return len(self._labels)

    def add(self, batch: pa.RecordBatch, side: str) -> None:
        """Count the batch's rows and labels."""
        self.rows_by_side[side] += batch.num_rows
        room = LABELS_COUNTED_TO - len(self._labels)
        if room:  # by digest: a column of long texts that is taken for the label costs no memory
            found = (hashlib.sha256(label.encode()).digest() for label in batch.column("label").unique().to_pylist())
            self._labels.update(list({*found} - self._labels)[:room])
