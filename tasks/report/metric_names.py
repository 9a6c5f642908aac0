"""Metrics as people call them"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MetricName:
    """key in results.json, title on the page, what it means, whether it reads as a percentage, which way is better."""

    key: str
    title: str
    why: str
    is_share: bool = True
    is_lower_better: bool = False


METRIC_NAMES = (
    MetricName("accuracy", "Accuracy", "share of test rows labelled right"),
    MetricName("macro_f1", "Macro F1", "mean F1, each label counting the same"),
    MetricName("weighted_f1", "Weighted F1", "mean F1, each label counting by its rows"),
    MetricName("mcc", "MCC", "Matthews correlation; 0 is chance, 1 is perfect", is_share=False),
    MetricName("top3", "Top 3", "true label among the three most probable"),
    MetricName("top5", "Top 5", "true label among the five most probable"),
    MetricName("log_loss", "Log loss", "nats per row; lower is better", is_share=False, is_lower_better=True),
    MetricName("ece", "ECE", "calibration error; lower is better", is_lower_better=True),
)


def tiles(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that were measured, in the order of METRIC_NAMES, each with its name."""
    return [{"of": name, **metrics[name.key]} for name in METRIC_NAMES if name.key in metrics]
