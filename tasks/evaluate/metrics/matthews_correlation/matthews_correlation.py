"""Matthews correlation, as a Hugging Face `evaluate` module."""

import datasets
import evaluate
import numpy as np
from sklearn.metrics import matthews_corrcoef


class MatthewsCorrelation(evaluate.Metric):
    """Correlation of predicted and true labels, -1 to 1; 0 is chance. Gorodkin 2004 for more than two labels."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return evaluate.MetricInfo(
            description=self.__class__.__doc__, citation="", inputs_description="", features=features, format="numpy"
        )

    def _compute(self, predictions: np.ndarray, references: np.ndarray) -> dict[str, float]:
        return {"mcc": float(matthews_corrcoef(references, predictions))}
