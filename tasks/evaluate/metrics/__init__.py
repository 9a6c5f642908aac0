"""Metric modules for Hugging Face `evaluate`, kept here because its hub is not reachable offline.

Each folder holds one `evaluate.Metric` as `evaluate.load(folder)` expects it. The stage imports the class itself:
`load` would copy the file to a cache and run the copy, which nobody checks again.
"""

from pathlib import Path

from tasks.evaluate.lean_import import evaluate  # first: the modules below import it too
from tasks.evaluate.metrics.accuracy.accuracy import Accuracy
from tasks.evaluate.metrics.expected_calibration_error.expected_calibration_error import ExpectedCalibrationError
from tasks.evaluate.metrics.f1_scores.f1_scores import F1Scores
from tasks.evaluate.metrics.log_loss.log_loss import LogLoss
from tasks.evaluate.metrics.matthews_correlation.matthews_correlation import MatthewsCorrelation
from tasks.evaluate.metrics.top_k_accuracy.top_k_accuracy import TopKAccuracy

METRICS: tuple[type[evaluate.Metric], ...] = (
    Accuracy,
    F1Scores,
    MatthewsCorrelation,
    TopKAccuracy,
    LogLoss,
    ExpectedCalibrationError,
)
FOLDER = Path(__file__).parent

__all__ = [
    "FOLDER",
    "METRICS",
    "Accuracy",
    "ExpectedCalibrationError",
    "F1Scores",
    "LogLoss",
    "MatthewsCorrelation",
    "TopKAccuracy",
]
