"""Rows → the groups that each is in: its label, each of its labels, its bin of numbers, its types of spans."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.split.dealing import SIDES, Sides
from tasks.targets import Target

Counts = dict[str, npt.NDArray[np.int64]]
"""By side: (strata,) rows of each stratum."""


@dataclass(frozen=True)
class Strata:
    """Which rows are in which strata: M memberships of N rows; a row may be in several, or in none."""

    names: list[str]
    """By name."""
    rows: npt.NDArray[np.int64]
    """(M,): the row, ascending."""
    codes: npt.NDArray[np.int64]
    """(M,): the stratum, a place in `names`."""
    is_class: npt.NDArray[np.bool_]
    """(strata,): whether an answer names it, so that each side needs rows of it."""

    def counts(self, sides: Sides) -> Counts:
        """How many rows of each stratum are on each side. sides: (N,)."""
        of_rows = sides[self.rows]
        return {side: np.bincount(self.codes[of_rows == bit], minlength=len(self.names)) for side, bit in SIDES.items()}


def find_strata(column: pa.ChunkedArray, target: Target) -> Strata:
    """The strata of rows with these targets, as tables keep them."""
    if target.has_classes:  # what is equal is in the same strata: a million rows have a few labels
        encoded = column.combine_chunks().dictionary_encode()
        distinct, which = encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
    else:
        distinct, which = column.to_pylist(), np.arange(len(column))
    groups = target.strata(distinct)
    classes = {each for stored in distinct for each in target.classes_of(stored)}
    names = sorted({name for group in groups for name in group})
    codes, lengths = _numbered(groups, names)
    starts = np.cumsum(lengths) - lengths
    of_rows = lengths[which]
    rows = np.repeat(np.arange(len(which)), of_rows)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(of_rows) - of_rows, of_rows)
    is_class = np.array([name in classes for name in names], np.bool_)
    return Strata(names, rows, codes[np.repeat(starts[which], of_rows) + within], is_class)


def _numbered(
    groups: Sequence[tuple[str, ...]], names: Sequence[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All groups one after the other as places in `names`, and the length of each."""
    place = {name: number for number, name in enumerate(names)}
    codes = np.array([place[name] for group in groups for name in group], np.int64)
    return codes, np.array([len(group) for group in groups], np.int64)
