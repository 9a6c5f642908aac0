"""a search's numbers → its page"""

from typing import Any

from tasks.report.cells import safe_text
from tasks.report.charts.search_history import history_chart, importance_chart
from tasks.report.drawing import draw
from tasks.report.page import render_page
from tasks.report.templates import template


def render_search(found: dict[str, Any]) -> str:
    """One self-contained page: the best trial, how the search went, what mattered, every trial."""
    reached = [
        {"trial": each["trial"], "state": each["state"], "reached": max(each["curve"])}
        for each in found["trials"]
        if each["curve"]
    ]
    title = found["title"]
    history = history_chart(reached, title, is_share=found["is_share"])
    charts = {"history": draw(history, "history", f"{title} on val by trial, and the best so far")}
    if found["importances"]:
        named = {safe_text(key, 60): share for key, share in found["importances"].items()}
        charts["importances"] = draw(importance_chart(named), "importances", "How much each setting mattered")
    body = template("search.html").render(found=found, charts=charts)
    return render_page(f"finetrace search {found['id'][:8]}", body)
