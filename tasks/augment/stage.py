"""train → augmented train"""

from collections import Counter
from typing import Any

import pyarrow as pa

from tasks.augment.settings import AugmentSettings
from tasks.errors import SettingsError
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.table import AUGMENTED, SPLIT, read_table, write_table
from tasks.targets import Target
from tasks.texts import joined

_MOST_LABELS = 1_000


def run(
    paths: Paths, *, augment: AugmentSettings, base: BaseSettings, problem: ProblemSettings | None = None
) -> dict[str, Any]:
    """Write the train rows, then the new ones made from them; how many of each, and how many were thrown away."""
    target = (problem or ProblemSettings()).target
    _refuse_unsuited(augment, target)
    train = read_table(paths.train, SPLIT)
    originals = train.append_column(AUGMENTED.field("parent_id"), train["row_id"])
    originals = originals.append_column(AUGMENTED.field("method"), pa.array(["original"] * len(train), pa.string()))
    adds = augment.methods or augment.label_names
    new, thrown = _make(paths, train, augment, base) if adds else (AUGMENTED.empty_table(), {})
    table = pa.concat_tables([originals, new])
    write_table(paths.augmented, table, AUGMENTED)
    return {
        "rows": {"train": len(train), "new": len(new), "out": len(table)},
        "thrown_away": thrown,
        "rows_per_method": dict(sorted(Counter(table["method"].to_pylist()).items())),
        "rows_per_label": _rows_per_label(train, table, target),
    }


def _make(
    paths: Paths, train: pa.Table, augment: AugmentSettings, base: BaseSettings
) -> tuple[pa.Table, dict[str, int]]:
    from tasks.augment.label_names import name_rows  # late: nothing of this is needed where nothing is added
    from tasks.augment.new_rows import make_rows
    from tasks.model.limits import open_base
    from tasks.near_duplicates import near_any

    rows = train.to_pylist()
    names, without = name_rows(rows) if augment.label_names else ([], {})
    made, thrown = make_rows(rows, augment, lambda: open_base(base, paths.root)) if augment.methods else ([], {})
    thrown |= without
    new = pa.Table.from_pylist([*names, *made], schema=AUGMENTED)
    held_out = pa.concat_tables(read_table(path, SPLIT, ["text", "pair"]) for path in (paths.val, paths.test))
    is_near = near_any(joined(new), joined(held_out), augment.max_held_out_similarity)
    return new.filter(pa.array(~is_near)), {**thrown, "near_held_out": int(is_near.sum())}


def _refuse_unsuited(augment: AugmentSettings, target: Target) -> None:
    """Raise SettingsError where new rows would carry a target that is not theirs."""
    if augment.methods and target.per_word:
        raise SettingsError(
            f"augment.methods change words, and problem.target.kind: {target.kind} tags each; set it to []."
        )
    if augment.label_names and not target.has_one_class:
        raise SettingsError(f"augment.label_names needs one label a row, not {target.reads}; set it to false.")


def _rows_per_label(train: pa.Table, table: pa.Table, target: Target) -> dict[str, dict[str, int]]:
    before, after = (
        Counter(name for names in map(target.classes_of, rows["label"].to_pylist()) for name in names)
        for rows in (train, table)
    )
    return {label: {"train": before[label], "out": after[label]} for label in sorted(before)[:_MOST_LABELS]}
