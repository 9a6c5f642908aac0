"""F1 with precision and recall, macro, weighted and per label, as a Hugging Face `evaluate` module."""

from typing import Any

import datasets
import evaluate
import numpy as np
from sklearn.metrics import precision_recall_fscore_support


class F1Scores(evaluate.Metric):
    """F1 of each label and its means. What is divided by nothing counts 0."""

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return evaluate.MetricInfo(
            description=self.__class__.__doc__, citation="", inputs_description="", features=features, format="numpy"
        )

    def _compute(self, predictions: np.ndarray, references: np.ndarray, label_count: int) -> dict[str, Any]:
        """macro_f1: mean over the labels that occur among predictions or references, as scikit-learn does it."""
        precision, recall, f1, support = precision_recall_fscore_support(
            references, predictions, labels=np.arange(label_count), zero_division=0
        )
        occurs = np.isin(np.arange(label_count), np.concatenate([references, predictions]))
        return {
            "macro_f1": float(f1[occurs].mean()),
            "weighted_f1": float(np.average(f1, weights=support)),
            "precision": precision.tolist(),
            "recall": recall.tolist(),
            "f1": f1.tolist(),
            "support": support.tolist(),
        }
