"""What the checks came to → one page for people that works offline."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tasks.report.cells import count, percent, safe_text
from tasks.report.page import render_page
from tasks.targets import Target
from tasks.texts import holds_pairs
from tasks.validate.check import Checked

MOST_LABELS = 200
ROWS_PER_REASON = 25
_RANKED_BY = {
    "frozen_features": "a classifier on the base's frozen features, which ends where the base cuts a text",
    "tfidf": "TF-IDF over the words of the whole text",
}


def validation_page(checked: Checked, numbers: dict[str, Any], target: Target) -> str:
    """The page. numbers: what `report` gives for the same checks."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=count, percent=percent, safe_text=safe_text)
    labels = sorted(checked.labels.items(), key=lambda item: (-item[1], item[0]))
    body = environment.get_template("page.html").render(
        numbers=numbers,
        labels=labels[:MOST_LABELS],
        more_labels=max(0, len(labels) - MOST_LABELS),
        aside=_sample(checked.aside),
        rows_per_reason=ROWS_PER_REASON,
        pairs=holds_pairs(checked.rows),
        target=target,
        ranked_by=_RANKED_BY,
        suspects=[
            suspect | {column: checked.rows[column][each.position].as_py() for column in ("text", "pair")}
            for suspect, each in zip(
                numbers["label_errors"]["worst"],
                checked.label_errors.suspects if checked.label_errors else (),
                strict=False,  # the numbers list the worst alone
            )
        ],
    )
    return render_page("Validation", body)


def _sample(aside: pa.Table) -> list[dict[str, Any]]:
    """The first rows of each reason (its first, where a row has several), by reason and line."""
    first = pc.list_element(aside["reasons"], 0)
    chosen = [
        row
        for reason in sorted(pc.unique(first).to_pylist())
        for row in aside.filter(pc.equal(first, reason)).slice(0, ROWS_PER_REASON).to_pylist()
    ]
    return [row | {"reasons": ", ".join(row["reasons"])} for row in chosen]
