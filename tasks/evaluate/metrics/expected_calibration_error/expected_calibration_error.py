"""Expected calibration error, as a Hugging Face `evaluate` module."""

import datasets
import evaluate
import numpy as np


class ExpectedCalibrationError(evaluate.Metric):
    """How far confidence and accuracy lie apart, 0 to 1: the mean over equal-width bins, weighted by their rows.

    Guo et al. 2017, arXiv 1706.04599, eq. 3; bin m holds confidences in ((m-1)/bins, m/bins].
    """

    def _info(self) -> evaluate.MetricInfo:
        features = datasets.Features(
            {"predictions": datasets.Sequence(datasets.Value("float32")), "references": datasets.Value("int64")}
        )
        return evaluate.MetricInfo(
            description=self.__class__.__doc__, citation="", inputs_description="", features=features
        )

    def _compute(self, predictions: list[list[float]], references: list[int], bins: int = 15) -> dict[str, float]:
        probabilities = np.asarray(predictions, dtype=np.float64)
        confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == np.asarray(references)
        bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
        gaps = np.bincount(bin_of, weights=confidence - correct, minlength=bins)
        return {"ece": float(np.abs(gaps).sum() / len(references))}
