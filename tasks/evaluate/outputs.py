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
from tasks.scoring.classification import Scored
from tasks.table import PREDICTIONS, write_table
from tasks.texts import parts

SLICES = pa.schema(
    [
        ("slice", pa.string()),
        ("row", pa.int64()),  # position in predictions.parquet
        ("text", pa.string()),  # as the model read it, with its typos
        ("pair", pa.string()),  # the second text of a pair, likewise
        ("label", pa.string()),
        ("correct", pa.bool_()),
    ]
)


def write_predictions(path: Path, test: Side, scored: Scored, labels: tuple[str, ...]) -> None:
    """One row per test row, in their order."""
    assert scored.probabilities is not None  # the model's own always has them
    offsets = np.arange(len(test.ids) + 1, dtype=np.int32) * scored.label_count
    probabilities = pa.ListArray.from_arrays(pa.array(offsets), pa.array(scored.probabilities.ravel(), pa.float32()))
    predicted = [labels[guess] for guess in scored.guess]
    columns = [test.ids, test.lines, *parts(test.texts), test.labels, predicted, probabilities]
    write_table(path, _as_table(columns, PREDICTIONS), PREDICTIONS)


def write_slices(path: Path, slices: list[Slice], correct: list[np.ndarray], test: Side) -> None:
    """Every slice's rows, so that another model can be read on the very same ones."""
    tables = [SLICES.empty_table()]
    for piece, right in zip(slices, correct, strict=True):
        part = test.take(piece.rows)
        texts = part.texts if piece.texts is None else piece.texts
        columns = [[piece.name] * len(texts), piece.rows, *parts(texts), part.labels, right.astype(bool)]
        tables.append(_as_table(columns, SLICES))
    write_table(path, pa.concat_tables(tables), SLICES)


def _as_table(columns: Sequence[Any], schema: pa.Schema) -> pa.Table:
    """The columns in the schema's order; None is one without values."""
    rows = len(columns[0])
    named = zip(schema.names, columns, strict=True)
    return pa.table({name: pa.nulls(rows) if each is None else each for name, each in named}).cast(schema)


def write_plots(paths: Paths, results: dict[str, Any], test: Side, predicted: list[str]) -> None:
    """The data of `dvc plots`: JSON lists, one a plot."""
    folder = paths.evaluation / "plots"
    pairs = zip(test.labels, predicted, strict=True)
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
