"""audits → one page"""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from tasks.audit.finding import SIGNS, Mark
from tasks.audit.verify import Report
from tasks.audit.witnesses import Unreached
from tasks.lineage.picture import draw, facts_of
from tasks.report.page import render_page
from tasks.report.templates import template

_CLASSES = {"holds": "pass", "broken": "fail", "unreached": "warn"}
_BOXES = {
    "code": ("code",),
    "raw": ("inputs", "cache"),
    "valid": ("stages", "cache"),
    "training": ("inputs", "cache"),
    "testing": ("inputs", "cache"),
    "base": ("base",),
    "model": ("package", "stages"),
    "metrics": ("tags", "metrics"),
    "version": ("statement", "ledger"),
}
"""Box of the picture → the edges that it is marked by."""


def render_audit(reports: Sequence[Report], gone: Sequence[int] = ()) -> str:
    """A self-contained page: each version's verdict, its picture with what holds and what does not, every finding."""
    shown = [_shown(each) for each in reports]
    body = template("audit.html").render(reports=shown, gone=list(gone), signs=SIGNS, classes=_CLASSES)
    return render_page("finetrace audit", body)


def marks(report: Report) -> dict[str, Mark]:
    """Each box of the picture by the worst answer of its edges."""
    answers = {each.name: [finding.mark for finding in each.findings] for each in report.answers}
    found: dict[str, Mark] = {}
    for box, edges in _BOXES.items():
        there = [mark for edge in edges for mark in answers.get(edge, [])]
        found[box] = "broken" if "broken" in there else "holds" if "holds" in there else "unreached"
    return found


def _shown(report: Report) -> dict[str, Any]:
    made = report.seen.made
    picture = "" if isinstance(made, Unreached) else Markup(draw(facts_of(made.statement), marks(report)))  # noqa: S704 - the template escaped it
    return {
        "address": report.address,
        "clean": report.is_clean,
        "counts": report.counts,
        "answers": report.answers,
        "picture": picture,
    }
