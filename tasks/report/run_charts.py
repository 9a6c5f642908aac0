"""a run's reports → its pictures"""

from typing import Any

from markupsafe import Markup

from tasks.report.charts.alpha_curve import alpha_chart, alpha_loss_chart
from tasks.report.charts.confusion import confusion_chart
from tasks.report.charts.intervals import interval_chart
from tasks.report.charts.learning_curve import loss_chart, score_chart
from tasks.report.charts.reliability import reliability_chart
from tasks.report.charts.risk_coverage import risk_coverage_chart
from tasks.report.charts.scatter import scatter_chart
from tasks.report.drawing import draw
from tasks.report.metric_names import curve_names, metric_name, target_of
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
    name = metric_name(target_of(results), results["verdict"])
    own = results["metrics"][name.key]
    least = (own["value"] or 0.0) / 2
    near = [each for each in results["baselines"] if (each[name.key]["value"] or 0.0) > least]
    systems = [{"name": each["title"], "is_ours": False, **each[name.key]} for each in near]
    parts = [{"name": each["name"].replace("_", " "), "is_ours": False, **each["score"]} for each in results["slices"]]
    row_score, is_share = target_of(results).row_score, target_of(results).has_classes
    charts = {
        "baselines": (
            interval_chart(
                [{"name": "this model", "is_ours": True, **own}, *systems], name.title, is_share=name.is_share
            ),
            f"{name.title} of this model and of the nearer baselines with intervals; all numbers in the table below",
        ),
        "slices": (
            interval_chart(parts, row_score, is_share=is_share),
            f"{row_score} on each slice with intervals; the numbers are in the table below",
        ),
    }
    return charts | _class_charts(results) | _number_charts(results) | _coverage_charts(results)


def _number_charts(results: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    if not results.get("points"):
        return {}
    return {"points": (scatter_chart(results["points"]), "True number and answer of each test row")}


def _coverage_charts(results: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Where a model may abstain."""
    if not results.get("risk_coverage"):
        return {}
    coverage = results["metrics"].get("coverage", {}).get("value")
    spec = risk_coverage_chart(results["risk_coverage"], coverage)
    return {"risk_coverage": (spec, "Accuracy where answered against the share of rows answered, the surest first")}


def _class_charts(results: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Where each row has one class."""
    if not results["confusion"]:
        return {}
    return {
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
    names = curve_names(target_of(finetune), history)
    titles = [each.title for each in names.values()]
    return {
        "loss": (loss_chart(history, best), "Loss on train and val rows by epoch"),
        "score": (score_chart(history, best, names), f"{' and '.join(titles)} on the val rows by epoch"),
    }


def _alphas(finetune: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    post = finetune.get("post", {})
    curve, alpha = post.get("curve", []), post.get("alpha")
    if len(curve) < 2:
        return {}
    names = curve_names(target_of(finetune), curve)
    return {
        "alpha": (alpha_chart(curve, alpha, names), "Scores on the val rows from the start to fine-tuned"),
        "alpha_loss": (alpha_loss_chart(curve, alpha), "Loss on the val rows from the start to fine-tuned"),
    }
