"""Log loss, as a Hugging Face `evaluate` module."""

import datasets
import evaluate
import numpy as np

from tasks.scoring.classification import SMALLEST


class LogLoss(evaluate.Metric):
    """Mean negative logarithm of the true label's probability, in nats. Lower is better."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features(
            {"predictions": datasets.Sequence(datasets.Value("float32")), "references": datasets.Value("int64")}
        )
        return evaluate.MetricInfo(
            description=self.__class__.__doc__, citation="", inputs_description="", features=features
        )

    def _compute(self, predictions: list[list[float]], references: list[int]) -> dict[str, float]:
        given = np.asarray(predictions, dtype=np.float64)[np.arange(len(references)), references]
        return {"log_loss": float(-np.log(np.clip(given, SMALLEST, 1)).mean())}
