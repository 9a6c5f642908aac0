"""What evaluating writes beside its numbers"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tasks.evaluate.slices import Slice
from tasks.evaluate.test_set import Side
from tasks.files import read_json, replacing, write_json
from tasks.paths import Paths
from tasks.report.dvc_template import dvc_text
from tasks.report.run_report import render_run_report
from tasks.table import PREDICTIONS, write_table
from tasks.texts import parts

SLICES = pa.schema(
    [
        ("slice", pa.string()),
        ("row", pa.int64()),  # position in predictions.parquet
        ("text", pa.string()),  # as the model read it, with its typos
        ("pair", pa.string()),  # the second text of a pair, likewise
        ("label", pa.string()),
        ("score", pa.float64()),  # of the model's answer, see the target
    ]
)


def write_predictions(path: Path, test: Side, answers: Sequence[str], numbers: Sequence[np.ndarray]) -> None:
    """One row per test row, in their order. numbers: those behind each answer."""
    offsets = np.cumsum([0, *map(len, numbers)], dtype=np.int32)
    flat = np.concatenate([np.asarray(each, dtype=np.float32) for each in numbers])
    probabilities = pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))
    columns = [test.ids, test.lines, *parts(test.texts), test.labels, answers, probabilities]
    write_table(path, _as_table(columns, PREDICTIONS), PREDICTIONS)


def write_slices(path: Path, slices: list[Slice], scores: list[np.ndarray], test: Side) -> None:
    """Every slice's rows, so that another model can be read on the very same ones."""
    tables = [SLICES.empty_table()]
    for piece, scored in zip(slices, scores, strict=True):
        part = test.take(piece.rows)
        texts = part.texts if piece.texts is None else piece.texts
        columns = [[piece.name] * len(texts), piece.rows, *parts(texts), part.labels, scored]
        tables.append(_as_table(columns, SLICES))
    write_table(path, pa.concat_tables(tables), SLICES)


def _as_table(columns: Sequence[Any], schema: pa.Schema) -> pa.Table:
    """The columns in the schema's order; None is one without values."""
    rows = len(columns[0])
    named = zip(schema.names, columns, strict=True)
    return pa.table({name: pa.nulls(rows) if each is None else each for name, each in named}).cast(schema)


def write_plots(paths: Paths, results: dict[str, Any], pairs: Sequence[tuple[str, str]]) -> None:
    """The data of `dvc plots`: JSON lists, one a plot. pairs: each row's true and predicted label, where it has one."""
    folder = paths.evaluation / "plots"
    write_json(
        folder / "confusion.json",
        [{"actual": dvc_text(actual), "predicted": dvc_text(guess)} for actual, guess in pairs],
    )
    bins = [{key: each[key] for key in ("confidence", "accuracy", "rows")} for each in results["reliability"]]
    write_json(folder / "reliability.json", bins)
    finetune = read_json(paths.report("finetune")) if paths.report("finetune").exists() else {}
    write_json(folder / "learning.json", finetune.get("history", []))


def write_page(paths: Paths) -> None:
    """The report as it is before the gate has spoken."""
    with replacing(paths.evaluation / "report.html") as temporary:
        temporary.write_text(render_run_report(paths, None), encoding="utf-8")
