"""Accuracy, as a Hugging Face `evaluate` module."""

import datasets
import evaluate
import numpy as np


class Accuracy(evaluate.Metric):
    """The share of rows whose predicted label is right."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return evaluate.MetricInfo(
            description=self.__class__.__doc__, citation="", inputs_description="", features=features, format="numpy"
        )

    def _compute(self, predictions: np.ndarray, references: np.ndarray) -> dict[str, float]:
        return {"accuracy": float(np.mean(predictions == references))}
