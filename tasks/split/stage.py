"""checked rows → train, val, test"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import DataError
from tasks.memory import memory_that_goes_back
from tasks.near_duplicates import normal_forms
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.split.dealing import SIDES
from tasks.split.folds import fold_of_rows
from tasks.split.leakage import count_leaks
from tasks.split.minimums import check_minimums
from tasks.split.plan import Plan, plan_split
from tasks.split.settings import SplitSettings
from tasks.split.shares import share_deviations
from tasks.table import INGESTED, SPLIT, read_table, write_table
from tasks.texts import holds_pairs, joined

_MOST_LISTED = 20
_MOST_LABELS = 1_000
_MOST_LETTERS = 120


def run(paths: Paths, *, split: SplitSettings, problem: ProblemSettings | None = None) -> dict[str, Any]:
    """Deal the checked rows to the three sides; the numbers and the leakage report."""
    files = {"train": paths.train, "val": paths.val, "test": paths.test}
    with memory_that_goes_back():
        numbers = _deal(paths.validated, files, split)
        sides = {side: read_table(file, SPLIT, ["text", "pair"]) for side, file in files.items()}
        leaks = count_leaks([joined(table) for table in sides.values()], split.near_duplicate_similarity)
        return numbers | {"leaks": leaks} | _shared_first_texts(sides)


def _deal(source: Path, files: dict[str, Path], split: SplitSettings) -> dict[str, Any]:
    table = read_table(source, INGESTED).combine_chunks()
    if not len(table):
        raise DataError(
            f"{source.name} has no rows: none passed validation. Look at the quarantine, and mend the data."
        )
    is_test = pc.equal(table["side"], "test").to_numpy()
    owners = table["text"].combine_chunks() if holds_pairs(table) and split.together == "text" else None
    plan = plan_split(joined(table), is_test, split, owners=owners)
    labels, counts = _count_labels(table["label"], plan)
    check_minimums(counts, labels, split)
    folds = pa.array(fold_of_rows(plan, key=split.key, folds=split.folds))
    for side, file in files.items():
        members = pa.array(plan.sides == SIDES[side])
        write_table(file, table.append_column(SPLIT.field("fold"), folds).filter(members), SPLIT)
    asked = {"val": split.val} if plan.is_official else {"val": split.val, "test": split.test}
    return {
        "rows": {"in": len(table), **{side: int(rows.sum()) for side, rows in counts.items()}},
        "official_test": plan.is_official,
        "removed_repeats_of_test": {kind: int(mask.sum()) for kind, mask in plan.repeats.items()},
        "set_aside": int(plan.set_aside.sum()),
        "set_aside_rows": _list_set_aside(table, plan),
        "labels": len(labels),
        "rows_per_label": _rows_per_label(counts, labels),
        "shares": share_deviations(counts, labels, asked),
    }


def _shared_first_texts(sides: dict[str, pa.Table]) -> dict[str, Any]:
    """Of pairs, how many rows of each held-out side have a first text that train has too; else nothing."""
    if not holds_pairs(sides["train"]):
        return {}
    known = normal_forms(sides["train"]["text"].combine_chunks())
    return {
        "rows_sharing_first_text_with_train": {
            side: int(
                pc.sum(pc.is_in(normal_forms(sides[side]["text"].combine_chunks()), value_set=known)).as_py() or 0
            )
            for side in ("val", "test")
        }
    }


def _count_labels(labels: pa.ChunkedArray, plan: Plan) -> tuple[list[str], dict[str, npt.NDArray[np.int64]]]:
    """The labels by name, and each side's rows of each; a label that lost all its rows on the way counts too."""
    encoded = labels.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    codes = encoded.indices.to_numpy()
    counts = {side: np.bincount(codes[plan.sides == bit], minlength=len(names))[order] for side, bit in SIDES.items()}
    return [names[place] for place in order], counts


def _rows_per_label(counts: dict[str, npt.NDArray[np.int64]], labels: list[str]) -> dict[str, dict[str, int]]:
    places = range(min(len(labels), _MOST_LABELS))
    return {labels[place]: {side: int(rows[place]) for side, rows in counts.items()} for place in places}


def _list_set_aside(table: pa.Table, plan: Plan) -> list[dict[str, Any]]:
    """The first rows near to several sides, each with the lines of what they are near to."""
    listed = []
    for place in np.flatnonzero(plan.set_aside)[:_MOST_LISTED].tolist():
        row = table.slice(place, 1).to_pylist()[0]
        near = plan.pairs[plan.pairs[:, 1] == plan.forms[place], 0]
        beside = np.flatnonzero(np.isin(plan.forms, near) & (plan.sides > 0))[:_MOST_LISTED]
        listed.append(
            {
                "row_id": row["row_id"],
                "line": row["line"],
                "label": row["label"],
                "text": row["text"][:_MOST_LETTERS],
                **({} if row["pair"] is None else {"pair": row["pair"][:_MOST_LETTERS]}),
                "near_lines": table["line"].take(pa.array(beside)).to_pylist(),
            }
        )
    return listed
