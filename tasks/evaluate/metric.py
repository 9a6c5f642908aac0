"""A target's metrics as one metric of Hugging Face `evaluate`, kept here because its hub is not reachable offline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from tasks.evaluate.lean_import import evaluate
from tasks.targets import Target


class TargetMetrics(evaluate.Metric):
    """Every metric that a target measures. Each is defined once, in the target's `score`, and bootstrapped there."""

    def _info(self) -> evaluate.MetricInfo:
        texts = datasets.Features({"predictions": datasets.Value("string"), "references": datasets.Value("string")})
        return evaluate.MetricInfo(
            description="The metrics of a finetrace target.",
            citation="",
            inputs_description="predictions and references: answers and truth as tables keep them, one a row.",
            features=texts,
        )

    def _compute(
        self,
        predictions: Sequence[str],
        references: Sequence[str],
        target: Target,
        classes: Sequence[str],
        outputs: Sequence[np.ndarray] | None = None,
    ) -> dict[str, float]:
        statistics = target.score(references, predictions, classes, outputs).statistics
        return {name: float(value[0]) for name, value in statistics(np.ones((1, len(references)))).items()}


def compute_metrics(truth: Sequence[str], answers: Sequence[str], cache: Path, **about: Any) -> dict[str, float]:
    """Every metric by name. about: target, classes and outputs; cache: a folder that `evaluate` makes for itself."""
    metric = TargetMetrics(cache_dir=str(cache), keep_in_memory=True)
    found: dict[str, float] = metric.compute(predictions=list(answers), references=list(truth), **about)
    return found
