"""A throw-away workspace whose train, val and test files are already made."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.config import load_config
from tasks.digest import row_id
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, read_table, write_rows
from tests.bench.rows import DataSet, Row

VAL_ROWS = 8
"""The loop needs a val side; Trainer scores nothing by default, so ours scores next to nothing."""


def make_workspace(root: Path, data: DataSet, val: Sequence[Row] = ()) -> None:
    """Write the files that finetune reads, as if ingest … augment had run; without `val` rows it is a few of train."""
    paths = Paths(root)
    write_rows(paths.augmented, _records(data.train, augmented=True), AUGMENTED)
    write_rows(paths.val, _records(val or data.train[:VAL_ROWS]), SPLIT)
    write_rows(paths.test, _records(data.test), SPLIT)


def read_side(root: Path, side: str) -> list[Row]:
    """The rows of train or test."""
    paths = Paths(root)
    file, schema = {"train": (paths.augmented, AUGMENTED), "test": (paths.test, SPLIT)}[side]
    table = read_table(file, schema, ["text", "label"])
    return list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))


def repository_base(threads: int) -> BaseSettings:
    """The base model of the repository's settings, run on so many threads. The benchmark runs from its root."""
    base: Any = load_config(Path("params.yaml")).base
    chosen: BaseSettings = dataclasses.replace(base, threads=threads)
    return chosen


def _records(rows: Sequence[Row], *, augmented: bool = False) -> list[dict[str, object]]:
    records: list[dict[str, object]] = []
    for number, (text, label) in enumerate(rows, start=2):
        name = row_id(text, label)
        record: dict[str, object] = {"row_id": name, "side": "any", "line": number, "text": text, "label": label}
        record["fold"] = 0
        if augmented:
            record |= {"parent_id": name, "method": "original"}
        records.append(record)
    return records
