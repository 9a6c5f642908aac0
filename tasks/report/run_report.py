"""a run's reports → the one page for people"""

from typing import Any

from markupsafe import Markup

from tasks.paths import Paths
from tasks.report.charts.confusion import MOST_LABELS, confusion_chart
from tasks.report.charts.intervals import interval_chart
from tasks.report.charts.learning_curve import accuracy_chart, loss_chart
from tasks.report.charts.reliability import reliability_chart
from tasks.report.drawing import draw
from tasks.report.funnel import data_identity, funnel
from tasks.report.lineage import HEIGHT, VIEW, WIDTH, lineage
from tasks.report.metric_names import tiles
from tasks.report.page import render_page
from tasks.report.run_facts import RunFacts, read_facts
from tasks.report.templates import template


def render_run_report(paths: Paths, verdict: dict[str, Any] | None) -> str:
    """The report of the last run in a workspace, as one self-contained page.

    verdict: what the gate said ({"passed", "line", "version", "rules", "champion"}), or None if it was not asked yet.
    Stages that have left no report are left out of the page.
    """
    facts = read_facts(paths)
    data = data_identity(facts)
    boxes, arrows = lineage(facts, data, verdict)
    body = template("run_report.html").render(
        verdict=verdict,
        line=str((verdict or {}).get("line", "")).removeprefix("PASS ").removeprefix("FAIL "),  # the banner says it
        results=facts.results,
        finetune=facts.finetune,
        data=data,
        tiles=tiles(facts.results.get("metrics", {})),
        charts=_charts(facts),
        most_labels=MOST_LABELS,
        funnel=funnel(facts),
        picture={"boxes": boxes, "arrows": arrows, "view": VIEW, "width": WIDTH, "height": HEIGHT},
    )
    return render_page(_title(verdict), body)


def _title(verdict: dict[str, Any] | None) -> str:
    if verdict is None:
        return "finetrace report: not registered yet"
    return f"finetrace report: {'passed' if verdict.get('passed') else 'refused'}"


def _charts(facts: RunFacts) -> dict[str, Markup]:
    """Every picture there are numbers for, by name."""
    results, history = facts.results, facts.finetune.get("history", [])
    best = facts.finetune.get("best_epoch")
    charts: dict[str, Markup] = {}
    if results.get("metrics"):
        ours = {"name": "this model", "is_ours": True, **results["metrics"]["accuracy"]}
        others = [{"name": each["title"], "is_ours": False, **each["accuracy"]} for each in results["baselines"]]
        label = "Accuracy of this model and of the baselines with intervals; the numbers are in the table below"
        charts["baselines"] = draw(interval_chart([ours, *others], "accuracy"), "baselines", label)
        whole = {"name": "all test rows", "is_ours": True, **results["metrics"]["accuracy"]}
        parts = [{"name": each["name"].replace("_", " "), "is_ours": False, **each["accuracy"]} for each in results["slices"]]
        label = "Accuracy on each slice with intervals; the numbers are in the table below"
        charts["slices"] = draw(interval_chart([whole, *parts], "accuracy"), "slices", label)
        label = "Accuracy against confidence; the numbers are in the table below"
        charts["reliability"] = draw(reliability_chart(results["reliability"]), "reliability", label)
        label = "Test rows by true and predicted label; the commonest confusions are in the table below"
        charts["confusion"] = draw(confusion_chart(results["confusion"], results["labels"]), "confusion", label)
    if len(history) > 1:
        charts["loss"] = draw(loss_chart(history, best), "loss", "Loss on train and val rows by epoch")
        label = "Accuracy and macro F1 on the val rows by epoch"
        charts["accuracy"] = draw(accuracy_chart(history, best), "accuracy", label)
    return charts
