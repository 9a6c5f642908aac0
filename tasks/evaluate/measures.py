"""Scored test rows → the metrics, by Hugging Face `evaluate`, and their intervals"""

from pathlib import Path
from typing import Any

import numpy as np

from tasks.evaluate.metrics import (
    Accuracy,
    ExpectedCalibrationError,
    F1Scores,
    LogLoss,
    MatthewsCorrelation,
    TopKAccuracy,
)
from tasks.scoring.bootstrap import Draws, bootstrap
from tasks.scoring.calibration import CALIBRATION_BINS
from tasks.scoring.classification import Scored, headline_statistics, top_ks

LOWER_IS_BETTER = ("log_loss", "ece")


def compute_metrics(scored: Scored, cache: Path) -> dict[str, Any]:
    """Every metric of the model, by name; precision, recall, f1 and support are lists in the labels' order.

    cache: a folder that `evaluate` makes for itself; nothing of worth lies there.
    """
    own = {"cache_dir": str(cache), "keep_in_memory": True}
    guesses = {"predictions": scored.guess, "references": scored.truth}
    found: dict[str, Any] = Accuracy(**own).compute(**guesses)
    found |= F1Scores(**own).compute(**guesses, label_count=scored.label_count)
    found |= MatthewsCorrelation(**own).compute(**guesses)
    if scored.probabilities is not None:
        given = {"predictions": scored.probabilities, "references": scored.truth}
        for k in top_ks(scored.label_count):
            found |= TopKAccuracy(**own).compute(**given, k=k)
        found |= LogLoss(**own).compute(**given)
        found |= ExpectedCalibrationError(**own).compute(**given, bins=CALIBRATION_BINS)
    return found


def with_intervals(found: dict[str, Any], scored: Scored, draws: Draws) -> dict[str, dict[str, float]]:
    """Each headline metric as {"value", "low", "high"}."""
    samples = bootstrap(headline_statistics(scored), len(scored.truth), draws)
    measured = {}
    for name, drawn in samples.items():
        low, high = draws.interval(drawn)
        measured[name] = {"value": float(found[name]), "low": low, "high": high}
    return measured


def compare(
    model: Scored, other: Scored, draws: Draws
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Another system's metrics on the same rows, and how much better the model is: {"value", "low", "high"} a metric.

    Metrics that both have; a positive difference is always in the model's favour. Both are measured on the same
    resamples, so the difference is paired.
    """
    ours, theirs = headline_statistics(model), headline_statistics(other)

    def both(weights: np.ndarray) -> dict[str, np.ndarray]:
        mine, other_numbers = ours(weights), theirs(weights)
        gain = {f"gain {name}": _gain(name, mine[name], other_numbers[name]) for name in other_numbers}
        return other_numbers | gain

    plain = both(np.ones((1, len(model.truth))))
    samples = bootstrap(both, len(model.truth), draws)
    measured = {}
    for name, drawn in samples.items():
        low, high = draws.interval(drawn)
        measured[name] = {"value": float(plain[name][0]), "low": low, "high": high}
    own = {name: each for name, each in measured.items() if not name.startswith("gain ")}
    return own, {name: measured[f"gain {name}"] for name in own}


def _gain(name: str, mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    return theirs - mine if name in LOWER_IS_BETTER else mine - theirs
