"""a run's reports → the one page for people"""

from typing import Any

from tasks.paths import Paths
from tasks.report.charts.confusion import MOST_LABELS
from tasks.report.funnel import data_identity, funnel, leaks
from tasks.report.lineage import lineage
from tasks.report.metric_names import curve_names, metric_name, target_of, tiles
from tasks.report.page import render_page
from tasks.report.run_charts import draw_charts
from tasks.report.run_facts import read_facts, texts_cut
from tasks.report.templates import template

OPEN_ERRORS = 5
"""So many of the worst errors are shown at once; the others unfold."""


def render_run_report(paths: Paths, verdict: dict[str, Any] | None) -> str:
    """The report of the last run in a workspace, as one self-contained page.

    verdict: what the gate said ({"passed", "line", "version", "rules", "champion"}), or None if it was not asked yet.
    Stages that have left no report are left out of the page.
    """
    facts = read_facts(paths)
    data = data_identity(facts)
    target = target_of(facts.results or facts.finetune)
    body = template("run_report.html").render(
        verdict=verdict,
        line=str((verdict or {}).get("line", "")).removeprefix("PASS ").removeprefix("FAIL "),  # the banner says it
        results=facts.results,
        finetune=facts.finetune,
        data=data,
        tiles=tiles(facts.results),
        target=target,
        compared=[metric_name(target, key) for key in facts.results.get("compared_by", [])],
        curves=curve_names(
            target, [*facts.finetune.get("history", []), *facts.finetune.get("post", {}).get("parts", [])]
        ),
        charts=draw_charts(facts),
        most_labels=MOST_LABELS,
        open_errors=OPEN_ERRORS,
        funnel=funnel(facts),
        leaks=leaks(facts.split),
        texts_cut=texts_cut(facts),
        picture=lineage(facts, data, verdict),
        marks={},
    )
    return render_page(_title(verdict), body)


def _title(verdict: dict[str, Any] | None) -> str:
    if verdict is None:
        return "finetrace report: not registered yet"
    return f"finetrace report: {'passed' if verdict.get('passed') else 'refused'}"
