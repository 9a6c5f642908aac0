"""a comparison's numbers → its page"""

from typing import Any

from tasks.report.cells import safe_text
from tasks.report.charts.intervals import interval_chart
from tasks.report.charts.pareto import pareto_chart
from tasks.report.drawing import draw
from tasks.report.page import render_page
from tasks.report.templates import template


def render_comparison(result: dict[str, Any]) -> str:
    """One self-contained page: the verdict in words, scores, differences, costs, and the look at the test side."""
    title = result["metrics"][result["metric"]]
    charts = {
        "scores": draw(_scores(result, title), "scores", f"Each candidate's {title} on val with its interval"),
        "cost": draw(
            _front(result, title, "cpu_seconds", "CPU-seconds a training", "on_cost_front"),
            "cost",
            f"{title} against CPU-seconds; the numbers are in the table below",
        ),
        "size": draw(
            _front(result, title, "bytes", "bytes on disk", "on_size_front"),
            "size",
            f"{title} against size on disk; the numbers are in the table below",
        ),
    }
    body = template("comparison.html").render(result=result, metric=title, charts=charts)
    return render_page(f"finetrace comparison {result['id'][:8]}: {result['winner']}", body)


def _scores(result: dict[str, Any], title: str) -> dict[str, Any]:
    rows = [
        {"name": safe_text(each["name"], 40), "is_ours": each["name"] == result["winner"], **each[result["metric"]]}
        for each in result["candidates"]
    ]
    return interval_chart(rows, f"{title} on val", is_share=_is_share(result))


def _front(result: dict[str, Any], title: str, cost: str, axis: str, mark: str) -> dict[str, Any]:
    rows = [
        {
            "name": safe_text(each["name"], 40),
            "cost": max(each[cost], 1e-3),
            "is_on_front": each[mark],
            **each[result["metric"]],
        }
        for each in result["candidates"]
    ]
    return pareto_chart(rows, axis, f"{title} on val", is_share=_is_share(result))


def _is_share(result: dict[str, Any]) -> bool:
    return result["metric"] in result["shares"]
