"""checked rows → train, val, test"""

from pathlib import Path
from typing import Any

import numpy as np
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
from tasks.split.minimums import check_minimums, check_sides
from tasks.split.plan import Plan, plan_split
from tasks.split.settings import SplitSettings
from tasks.split.shares import share_deviations
from tasks.split.strata import Counts, Strata, find_strata
from tasks.table import EXTRA, INGESTED, SPLIT, TEST, VAL, read_extra_tests, read_table, write_table
from tasks.targets import Target
from tasks.texts import holds_pairs, joined

_MOST_LISTED = 20
_MOST_STRATA = 1_000
_MOST_LETTERS = 120


def run(paths: Paths, *, split: SplitSettings, problem: ProblemSettings | None = None) -> dict[str, Any]:
    """Deal the checked rows to the three sides; the numbers and the leakage report."""
    files = {"train": paths.train, "val": paths.val, "test": paths.test}
    with memory_that_goes_back():
        table, extra = _read(paths.validated)
        numbers = _deal(table, files, split, (problem or ProblemSettings()).target)
        write_table(paths.extra_tests, extra, SPLIT)
        sides = {side: read_table(file, SPLIT, ["text", "pair"]) for side, file in files.items()}
        leaks = count_leaks([joined(table) for table in sides.values()], split.near_duplicate_similarity)
        further = _look_for_leaks(paths.extra_tests, sides["train"], split)
        return numbers | {"leaks": leaks, "extra_tests": further} | _shared_first_texts(sides)


def _read(source: Path) -> tuple[pa.Table, pa.Table]:
    """The checked rows to deal, and those of further test sets, with their fold 0."""
    table = read_table(source, INGESTED).combine_chunks()
    is_extra = pc.starts_with(table["side"], EXTRA)
    extra, table = table.filter(is_extra), table.filter(pc.invert(is_extra))
    if not len(table):
        raise DataError(f"{source.name} has no rows: none passed validation. Look at the quarantine, and fix the data.")
    return table, extra.append_column(SPLIT.field("fold"), pa.array(np.zeros(len(extra), np.int32)))


def _look_for_leaks(file: Path, train: pa.Table, split: SplitSettings) -> dict[str, Any]:
    """For each further test set, its rows and the pairs of one of them and a train row that are alike."""
    further = read_extra_tests(file, ["side", "text", "pair"])
    return {
        name: {
            "rows": len(table),
            "leaks_with_train": count_leaks([joined(train), joined(table)], split.near_duplicate_similarity),
        }
        for name, table in further.items()
    }


def _deal(table: pa.Table, files: dict[str, Path], split: SplitSettings, target: Target) -> dict[str, Any]:
    is_test, is_val = (pc.equal(table["side"], side).to_numpy() for side in (TEST, VAL))
    owners = table["text"].combine_chunks() if holds_pairs(table) and split.together == "text" else None
    strata = find_strata(table["label"], target)
    plan = plan_split(joined(table), is_test, split, is_val=is_val, owners=owners, strata=strata)
    counts = strata.counts(plan.sides)
    _check(plan, strata, counts, split, target)
    folds = pa.array(fold_of_rows(plan, key=split.key, folds=split.folds))
    for side, file in files.items():
        members = pa.array(plan.sides == SIDES[side])
        write_table(file, table.append_column(SPLIT.field("fold"), folds).filter(members), SPLIT)
    shares = {"val": split.val, "test": split.test}
    asked = {side: share for side, share in shares.items() if side not in plan.official}
    return {
        "rows": {"in": len(table), **_rows_by_side(plan)},
        "official_test": "test" in plan.official,
        "official_val": "val" in plan.official,
        **{
            f"removed_repeats_of_{side}": {kind: int(mask.sum()) for kind, mask in masks.items()}
            for side, masks in plan.repeats.items()
        },
        "set_aside": int(plan.set_aside.sum()),
        "set_aside_rows": _list_set_aside(table, plan),
        "labels": int(strata.is_class.sum()),
        "strata": _rows_per_stratum(counts, strata.names),
        "dealt_for_minimums": _dealt(plan, strata),
        "shares": share_deviations(counts, strata.names, asked, _rows_by_side(plan)),
    }


def _check(plan: Plan, strata: Strata, counts: Counts, split: SplitSettings, target: Target) -> None:
    """Raises DataError if a side has too few rows, of a label or at all."""
    if target.has_one_class and len(strata.names) < 2:
        found = f"one label only, {strata.names[0]!r}" if strata.names else "no label"
        raise DataError(f"The rows have {found}: there is nothing to tell apart. Add rows of at least one more label.")
    needed = np.flatnonzero(strata.is_class)
    names = [strata.names[place] for place in needed]
    check_minimums({side: rows[needed] for side, rows in counts.items()}, names, split, plan.official)
    check_sides(_rows_by_side(plan))


def _rows_by_side(plan: Plan) -> dict[str, int]:
    return {side: int((plan.sides == bit).sum()) for side, bit in SIDES.items()}


def _dealt(plan: Plan, strata: Strata) -> dict[str, Any]:
    """How many rows are on another side than their hash's, and which strata have them there."""
    counts = strata.counts(np.where(plan.dealt, plan.sides, 0).astype(np.uint8))
    places = np.flatnonzero(sum(counts.values()))[:_MOST_STRATA]
    names = [strata.names[place] for place in places]
    return {
        "rows": int(plan.dealt.sum()),
        "strata": _rows_per_stratum({side: rows[places] for side, rows in counts.items()}, names),
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


def _rows_per_stratum(counts: Counts, names: list[str]) -> dict[str, dict[str, int]]:
    places = range(min(len(names), _MOST_STRATA))
    return {names[place]: {side: int(rows[place]) for side, rows in counts.items()} for place in places}


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
