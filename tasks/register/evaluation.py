"""What evaluate wrote, and the champion's answers → what the gate judges by."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.digest import sha256_of_file
from tasks.errors import DataError
from tasks.files import read_json
from tasks.paths import Paths
from tasks.register.evidence import Evidence, SliceScores
from tasks.register.paired import Difference
from tasks.table import PREDICTIONS, read_table
from tasks.targets import Target
from tasks.texts import Text, texts_of

Predict = Callable[[Sequence[Text]], Sequence[str]]
"""texts or pairs → answers, in the form that tables keep"""


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

    @property
    def extra(self) -> dict[str, dict[str, float | None]]:
        """The values of the metrics on further test sets, by the sets' names."""
        return {name: _values(each["metrics"]) for name, each in self.results.get("extra", {}).items()}


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


def gather_evidence(
    evaluation: Evaluation, target: Target, champion: Predict | None, *, has_champion: bool
) -> Evidence:
    """All that the gate asks for. champion: what it answers to texts; None if there is none, or no rule asks."""
    table, slices, results = evaluation.predictions, evaluation.slices, evaluation.results
    truth, classes = table["label"].to_pylist(), results["labels"]
    known = Evidence(
        target,
        metrics=_values(evaluation.metrics),
        model=target.score(truth, table["predicted"].to_pylist(), classes),
        baselines={each["name"]: _difference(each["gain"][target.verdict]) for each in results["baselines"]},
        extra=evaluation.extra,
        has_champion=has_champion,
    )
    if champion is None:
        return known
    answers = _answers(champion, [*texts_of(table), *texts_of(slices)])
    scored = target.score(truth, answers[: table.num_rows], classes)
    on_slices = target.score(slices["label"].to_pylist(), answers[table.num_rows :], classes).scores
    of_groups = group_slices(target, truth, known.model.scores, scored.scores)
    return replace(known, champion=scored, slices=of_groups | _slices(slices, on_slices))


def group_slices(
    target: Target, truth: Sequence[str], model: np.ndarray, champion: np.ndarray
) -> dict[str, SliceScores]:
    """A slice for each of the target's groups, by name. model, champion: scores of the N rows."""
    groups = target.rows_by_group(truth)
    return {name: SliceScores(model[chosen], champion[chosen]) for name, chosen in groups.items()}


def _values(metrics: Mapping[str, Mapping[str, float | None]]) -> dict[str, float | None]:
    return {name: each["value"] for name, each in metrics.items()}


def _difference(gain: Mapping[str, float | None]) -> Difference:
    return Difference(**{name: math.nan if value is None else value for name, value in gain.items()})


def _answers(predict: Predict, texts: list[Text]) -> list[str]:
    """The answer to each text; equal texts are read once."""
    different = list(dict.fromkeys(texts))
    answers = dict(zip(different, predict(different), strict=True))
    return [answers[text] for text in texts]


def _slices(table: pa.Table, champion: np.ndarray) -> dict[str, SliceScores]:
    names = np.array(table["slice"].to_pylist(), dtype=object)
    scores = table["score"].to_numpy()
    return {name: SliceScores(scores[names == name], champion[names == name]) for name in sorted(set(names))}
