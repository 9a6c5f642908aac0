"""a run's reports → its pictures"""

from typing import Any

from markupsafe import Markup

from tasks.report.charts.alpha_curve import alpha_chart, alpha_loss_chart
from tasks.report.charts.confusion import confusion_chart
from tasks.report.charts.intervals import interval_chart
from tasks.report.charts.learning_curve import accuracy_chart, loss_chart
from tasks.report.charts.reliability import reliability_chart
from tasks.report.drawing import draw
from tasks.report.run_facts import RunFacts
from tasks.report.watched import watched_charts


def draw_charts(facts: RunFacts) -> dict[str, Markup]:
    """Every picture there are numbers for, by name, as inline SVG."""
    charts: dict[str, Markup] = {}
    for name, (spec, label) in _all(facts).items():
        charts[name] = draw(spec, name, label)
    return charts


def _all(facts: RunFacts) -> dict[str, tuple[dict[str, Any], str]]:
    watched = watched_charts(facts.finetune.get("monitors", {}))
    return {**_result_charts(facts.results), **_curves(facts.finetune), **_alphas(facts.finetune), **watched}


def _result_charts(results: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Name → specification and what it shows, for who cannot see it."""
    if not results:
        return {}
    accuracy = results["metrics"]["accuracy"]
    least = (accuracy["value"] or 0.0) / 2
    near = [each for each in results["baselines"] if (each["accuracy"]["value"] or 0.0) > least]
    systems = [{"name": each["title"], "is_ours": False, **each["accuracy"]} for each in near]
    parts = [
        {"name": each["name"].replace("_", " "), "is_ours": False, **each["accuracy"]} for each in results["slices"]
    ]
    return {
        "baselines": (
            interval_chart([{"name": "this model", "is_ours": True, **accuracy}, *systems], "accuracy"),
            "Accuracy of this model and of the nearer baselines with intervals; the numbers are in the table below",
        ),
        "slices": (
            interval_chart([{"name": "all test rows", "is_ours": True, **accuracy}, *parts], "accuracy"),
            "Accuracy on each slice with intervals; the numbers are in the table below",
        ),
        "reliability": (
            reliability_chart(results["reliability"]),
            "Accuracy against confidence; the numbers are in the table beside it",
        ),
        "confusion": (
            confusion_chart(results["confusion"], results["labels"]),
            "Test rows by true and predicted label; the commonest confusions are in the table below",
        ),
    }


def _curves(finetune: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    history, best = finetune.get("history", []), finetune.get("best_epoch")
    if len(history) < 2:
        return {}
    return {
        "loss": (loss_chart(history, best), "Loss on train and val rows by epoch"),
        "accuracy": (accuracy_chart(history, best), "Accuracy and macro F1 on the val rows by epoch"),
    }


def _alphas(finetune: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    post = finetune.get("post", {})
    curve, alpha = post.get("curve", []), post.get("alpha")
    if len(curve) < 2:
        return {}
    return {
        "alpha": (alpha_chart(curve, alpha), "Accuracy and macro F1 on the val rows from the start to fine-tuned"),
        "alpha_loss": (alpha_loss_chart(curve, alpha), "Loss on the val rows from the start to fine-tuned"),
    }
