"""Which rows are set aside, and why."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.table import QUARANTINE

DUPLICATE = "duplicate"
"""The one reason that does not make a row a bad one."""


class Quarantine:
    """The reasons found so far, each with the rows it holds for; a row may have several."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._masks: dict[str, np.ndarray] = {}
        self._advice: dict[str, Callable[[np.ndarray], pa.Array]] = {}

    def add(self, reason: str, mask: np.ndarray, advice: str | Callable[[np.ndarray], pa.Array]) -> None:
        """Set rows aside. mask: (N,) bool. advice: one for all, or a function from positions to one each."""
        if mask.any():
            self._masks[reason] = mask
            self._advice[reason] = advice if callable(advice) else _same_for_all(advice)

    @property
    def removed(self) -> np.ndarray:
        """Rows with any reason, (N,) bool."""
        return self._any(self._masks)

    @property
    def bad(self) -> np.ndarray:
        """Rows with a reason beside being a duplicate, (N,) bool."""
        return self._any({reason: mask for reason, mask in self._masks.items() if reason != DUPLICATE})

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each reason holds for, the most frequent first."""
        counts = {reason: int(mask.sum()) for reason, mask in self._masks.items()}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def first_rows(self, reason: str, most: int) -> np.ndarray:
        """Positions of the first rows with this reason."""
        return np.flatnonzero(self._masks[reason])[:most]

    def advice(self, reason: str, positions: np.ndarray) -> list[str]:
        """The advice for rows with this reason."""
        return self._advice[reason](positions).to_pylist()

    def table(self, rows: pa.Table) -> pa.Table:
        """The rows set aside, in order, with all reasons and advice: tasks.table.QUARANTINE."""
        positions = np.flatnonzero(self.removed)
        aside = rows.filter(pa.array(self.removed))
        aside = aside.append_column("reasons", self._reasons(positions))
        return aside.append_column("advice", self._advices(positions)).cast(QUARANTINE)

    def _any(self, masks: Mapping[str, np.ndarray]) -> np.ndarray:
        together = np.zeros(self._rows, dtype=bool)
        for mask in masks.values():
            together |= mask
        return together

    def _reasons(self, positions: np.ndarray) -> pa.Array:
        """A list of reasons a row; built once for each combination that occurs."""
        bits = np.zeros(len(positions), dtype=np.int64)
        for number, mask in enumerate(self._masks.values()):
            bits |= mask[positions].astype(np.int64) << number
        combinations, which = np.unique(bits, return_inverse=True)
        lists = [
            [reason for number, reason in enumerate(self._masks) if combination >> number & 1]
            for combination in combinations.tolist()
        ]
        return pa.array(lists, type=pa.list_(pa.string())).take(pa.array(which))

    def _advices(self, positions: np.ndarray) -> pa.Array:
        columns = []
        for reason, mask in self._masks.items():
            having = mask[positions]
            column = pa.nulls(len(positions), pa.string())
            columns.append(pc.replace_with_mask(column, pa.array(having), self._advice[reason](positions[having])))
        if not columns:
            return pa.array([], type=pa.string())
        return pc.binary_join_element_wise(*columns, "; ", null_handling="skip")


def _same_for_all(advice: str) -> Callable[[np.ndarray], pa.Array]:
    return lambda positions: pa.array([advice], type=pa.string()).take(pa.array(np.zeros(len(positions), np.int64)))
