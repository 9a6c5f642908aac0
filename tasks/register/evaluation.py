"""What evaluate wrote, and the champion's answers → what the gate judges by."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.digest import sha256_of_file
from tasks.errors import DataError
from tasks.files import read_json
from tasks.paths import Paths
from tasks.register.evidence import Evidence, SliceRows
from tasks.register.paired import Difference
from tasks.table import PREDICTIONS, read_table
from tasks.texts import Text, texts_of

Predict = Callable[[Sequence[Text]], Sequence[str]]
"""texts or pairs → labels"""


@dataclass(frozen=True)
class Evaluation:
    """What evaluate found: its results, the test rows' predictions, and the slices' rows as the model read them."""

    results: dict[str, Any]
    predictions: pa.Table
    slices: pa.Table

    @property
    def model_digest(self) -> str | None:
        """The model that was measured; None if the results do not say."""
        return self.results.get("model_digest")

    @property
    def metrics(self) -> dict[str, dict[str, float | None]]:
        """Headline metrics: name → {value, low, high}; None for what is no finite number."""
        return dict(self.results["metrics"])


def read_evaluation(paths: Paths) -> Evaluation:
    """What evaluate wrote. Raises DataError if it is missing, or was measured on another test file."""
    file = paths.evaluation / "results.json"
    if not file.exists():
        raise DataError(f"{file} is missing. Run evaluate first (finetrace run).")
    results = read_json(file)
    if results["files"]["test"] != sha256_of_file(paths.test):
        raise DataError(f"{file} was measured on another test file than {paths.test}. Run evaluate again.")
    predictions = read_table(paths.predictions, PREDICTIONS)
    return Evaluation(results, predictions, pq.read_table(paths.evaluation / "slices.parquet"))


def gather_evidence(evaluation: Evaluation, champion: Predict | None, *, has_champion: bool) -> Evidence:
    """All that the gate asks for. champion: what it answers to texts; None if there is none, or no rule asks."""
    correct = _equal(evaluation.predictions, "predicted", "label")
    gains = {each["name"]: each["gain"]["accuracy"] for each in evaluation.results["baselines"]}
    baselines = {name: _difference(gain) for name, gain in gains.items()}
    metrics = {name: each["value"] for name, each in evaluation.metrics.items()}
    if champion is None:
        return Evidence(metrics, correct, baselines, has_champion=has_champion)
    table, slices = evaluation.predictions, evaluation.slices
    texts = [*texts_of(table), *texts_of(slices)]
    truth = np.array([*table["label"].to_pylist(), *slices["label"].to_pylist()], dtype=object)
    right = np.array(_answers(champion, texts), dtype=object) == truth
    rows, on_slices = right[: table.num_rows], right[table.num_rows :]
    on_all_slices = _label_slices(table, correct, rows) | _slices(slices, on_slices)
    return Evidence(metrics, correct, baselines, rows, on_all_slices, has_champion=has_champion)


def _difference(gain: Mapping[str, float | None]) -> Difference:
    return Difference(**{name: math.nan if value is None else value for name, value in gain.items()})


def _answers(predict: Predict, texts: list[Text]) -> list[str]:
    """The label of each text; equal texts are read once."""
    different = list(dict.fromkeys(texts))
    answers = dict(zip(different, predict(different), strict=True))
    return [answers[text] for text in texts]


def _label_slices(table: pa.Table, correct: np.ndarray, champion: np.ndarray) -> dict[str, SliceRows]:
    labels = np.array(table["label"].to_pylist(), dtype=object)
    return {
        f"label {name}": SliceRows(correct[labels == name], champion[labels == name]) for name in sorted(set(labels))
    }


def _slices(table: pa.Table, champion: np.ndarray) -> dict[str, SliceRows]:
    names = np.array(table["slice"].to_pylist(), dtype=object)
    correct = table["correct"].to_numpy().astype(bool)
    return {name: SliceRows(correct[names == name], champion[names == name]) for name in sorted(set(names))}


def _equal(table: pa.Table, one: str, other: str) -> np.ndarray:
    return np.array(table[one].to_pylist(), dtype=object) == np.array(table[other].to_pylist(), dtype=object)
