"""Top-k accuracy, as a Hugging Face `evaluate` module."""

import datasets
import evaluate
import numpy as np


class TopKAccuracy(evaluate.Metric):
    """The share of rows whose true label is among the k most probable. Of equal ones the first label goes first."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features(
            {"predictions": datasets.Sequence(datasets.Value("float32")), "references": datasets.Value("int64")}
        )
        return evaluate.MetricInfo(
            description=self.__class__.__doc__, citation="", inputs_description="", features=features
        )

    def _compute(self, predictions: list[list[float]], references: list[int], k: int) -> dict[str, float]:
        first = np.argsort(-np.asarray(predictions), axis=1, kind="stable")[:, :k]
        return {f"top{k}": float((first == np.asarray(references)[:, None]).any(axis=1).mean())}
