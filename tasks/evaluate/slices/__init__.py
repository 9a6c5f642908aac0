"""Parts of the test rows that are looked at apart. Adding one: a file like rare.py, and its place in CUTS."""

from tasks.evaluate.slices.length import cut_by_length
from tasks.evaluate.slices.overlap import cut_by_overlap
from tasks.evaluate.slices.ranges import cut_by_range
from tasks.evaluate.slices.rare import cut_rare_labels
from tasks.evaluate.slices.slice import Slice, SliceRows
from tasks.evaluate.slices.typos import cut_typos

CUTS = (cut_by_length, cut_by_overlap, cut_rare_labels, cut_by_range, cut_typos)

__all__ = ["CUTS", "Slice", "SliceRows", "cut_slices"]


def cut_slices(rows: SliceRows) -> list[Slice]:
    """Every slice that holds at least one test row."""
    return [piece for cut in CUTS for piece in cut(rows) if len(piece.rows)]
