"""the rows of two versions → which came, which went, which moved, and which have another label"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.lineage.statement import Statement
from tasks.trace.contents import Contents
from tasks.trace.learned import PARTS, data_file
from tasks.trace.scan import among, chosen

SIDES = dict(zip(PARTS, ("train", "val", "test"), strict=True))
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class SideChange:
    """What became of a side."""

    rows: tuple[int, int]
    """Before and after, without those that augmentation made."""
    made: tuple[int, int]
    """Those that augmentation made."""
    added: int
    removed: int
    is_moved: bool = False
    """Whether the files differ, and hold the same rows, on other lines or in another order."""
    examples_added: list[dict[str, Any]] = field(default_factory=list)
    examples_removed: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class RowChanges:
    """What became of the rows."""

    sides: dict[str, SideChange]
    """train, val, test: those that can be compared."""
    lost: list[str]
    """What is not reachable, as a sentence for each file."""
    moved: dict[str, int]
    """"train → test" → how many rows."""
    relabelled: list[dict[str, Any]]
    """Texts with another label: text, pair, before, after; the first few."""
    relabelled_count: int


def compare_rows(contents: Contents, one: Statement, other: Statement) -> RowChanges:
    """What became of the rows between two versions, side by side."""
    before, lost = _files(contents, one, "the first")
    after, lost_too = _files(contents, other, "the second")
    both = [side for side in SIDES.values() if side in before and side in after]
    ids = {side: (_ids(before[side]), _ids(after[side])) for side in both}
    gone = {side: _without(old[0], new[0]) for side, (old, new) in ids.items()}
    come = {side: _without(new[0], old[0]) for side, (old, new) in ids.items()}
    sides = {
        side: SideChange(
            rows=(len(old[0]), len(new[0])),
            made=(old[1], new[1]),
            added=len(come[side]),
            removed=len(gone[side]),
            is_moved=not len(come[side]) and not len(gone[side]) and _is_moved(before[side], after[side]),
            examples_added=_examples(after[side], come[side]),
            examples_removed=_examples(before[side], gone[side]),
        )
        for side, (old, new) in ids.items()
    }
    removed = [row for side in both for row in _rows(before[side], gone[side])]
    added = [row for side in both for row in _rows(after[side], come[side])]
    relabelled = find_relabelled(removed, added)
    return RowChanges(sides, [*lost, *lost_too], _moved(gone, come), relabelled[:MOST_EXAMPLES], len(relabelled))


def find_relabelled(removed: Sequence[Mapping[str, Any]], added: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Texts that went with one label and came with another; each once, by text."""
    labels = {(row["text"], row["pair"]): row["label"] for row in removed}
    found = {
        (row["text"], row["pair"]): row["label"]
        for row in added
        if labels.get((row["text"], row["pair"]), row["label"]) != row["label"]
    }
    return [
        {"text": text, "pair": pair, "before": labels[text, pair], "after": label}
        for (text, pair), label in sorted(found.items(), key=lambda each: (each[0][0], each[0][1] or ""))
    ]


def _files(contents: Contents, statement: Statement, which: str) -> tuple[dict[str, Path], list[str]]:
    found, lost = {}, []
    for part, side in SIDES.items():
        name, md5 = data_file(statement, part)
        file = contents.find(name, md5)
        if file is None:
            lost.append(f"the {side} rows of {which} version ({name or 'not named'}, md5 {md5 or 'unknown'})")
        else:
            found[side] = file
    return found, lost


def _ids(file: Path) -> tuple[pa.Array, int]:
    """The distinct ids of the rows, and how many more were made by augmentation."""
    has_parents = "parent_id" in pq.read_schema(file).names
    table = pq.read_table(file, columns=["row_id", "parent_id"] if has_parents else ["row_id"])
    if has_parents:
        is_made = pc.and_(pc.not_equal(table["parent_id"], table["row_id"]), pc.not_equal(table["parent_id"], ""))
        own = table.filter(pc.invert(pc.fill_null(is_made, False)))
    else:
        own = table
    return own["row_id"].combine_chunks().unique(), len(table) - len(own)


def _is_moved(before: Path, after: Path) -> bool:
    """Whether two files differ in nothing but the lines that their rows were read from, and their order."""
    return before != after and _apart_from_lines(before) == _apart_from_lines(after)


def _apart_from_lines(file: Path) -> pa.Table:
    """What is known of each row, in one order; its text and label are in its id."""
    names = sorted(set(pq.read_schema(file).names) - {"line", "text", "pair", "label"})
    return pq.read_table(file, columns=names).select(names).sort_by([(name, "ascending") for name in names])


def _without(ids: pa.Array, others: pa.Array) -> pa.Array:
    return ids.filter(pc.invert(pc.is_in(ids, value_set=others)))


def _moved(gone: Mapping[str, pa.Array], come: Mapping[str, pa.Array]) -> dict[str, int]:
    counts = {
        f"{old} → {new}": int(pc.sum(pc.is_in(ids, value_set=others)).as_py() or 0)
        for old, ids in gone.items()
        for new, others in come.items()
        if old != new
    }
    return {name: count for name, count in counts.items() if count}


def _rows(file: Path, ids: pa.Array) -> list[dict[str, Any]]:
    return list(chosen(file, ["row_id", "text", "pair", "label"], among("row_id", ids.to_pylist()))) if len(ids) else []


def _examples(file: Path, ids: pa.Array) -> list[dict[str, Any]]:
    return _rows(file, ids.slice(0, MOST_EXAMPLES))
