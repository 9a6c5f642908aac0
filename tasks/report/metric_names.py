"""Metrics as people call them"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.targets import TARGETS, Target


@dataclass(frozen=True)
class MetricName:
    """key in results.json, title on the page, what it means, whether it reads as a percentage, which way is better."""

    key: str
    title: str
    why: str
    is_share: bool = True
    is_lower_better: bool = False


MEANINGS = {
    "accuracy": "share of test rows labelled right",
    "macro_f1": "mean F1, each label counting the same",
    "weighted_f1": "mean F1, each label counting by its rows",
    "micro_f1": "F1 over all labels of all rows",
    "mcc": "Matthews correlation; 0 is chance, 1 is perfect",
    "top3": "true label among the three most probable",
    "top5": "true label among the five most probable",
    "log_loss": "nats; lower is better",
    "ece": "confidence against accuracy, in 15 bins; lower is better",
    "subset_accuracy": "share of rows of which all labels are right, and no other is given",
    "jaccard": "labels in both, of labels in either; the mean over rows",
    "span_f1": "a span is right if its type, beginning and end are",
}
"""What some metrics say beyond their titles."""


def target_of(results: Mapping[str, Any]) -> type[Target]:
    """The target of an evaluation's results; those that name none are of one label a row."""
    return TARGETS[str(results.get("target", "label"))]


def metric_name(target: type[Target], key: str) -> MetricName:
    """The name of a target's metric."""
    title = target.metrics.get(key, key.replace("_", " "))
    is_share, is_lower = key not in target.not_shares, key in target.lower_is_better
    return MetricName(key, title[0].upper() + title[1:], MEANINGS.get(key, title), is_share, is_lower)


def tiles(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The metrics that were measured, in the target's order, each with its name."""
    target, metrics = target_of(results), results.get("metrics", {})
    return [{"of": metric_name(target, key), **metrics[key]} for key in target.metrics if key in metrics]


def curve_names(target: type[Target], epochs: Iterable[Mapping[str, Any]]) -> dict[str, MetricName]:
    """The scores of the held-out rows that a training's epochs hold, by key, each with its name."""
    keys = dict.fromkeys(key for each in epochs for key in each if key.startswith("val_"))
    return {key: metric_name(target, key[4:]) for key in keys if key not in ("val_loss", "val_score")}
