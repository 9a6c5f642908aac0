"""What the checks came to → numbers as JSON."""

import csv
from io import StringIO
from typing import Any

import pyarrow as pa

from tasks.report.cells import safe_text
from tasks.targets import Target
from tasks.texts import holds_pairs
from tasks.validate.check import Checked
from tasks.validate.labels import alike_labels

MOST_CHARACTERS = 10_000
"""Of a text in the list of label errors."""
MOST_SUSPECTS = 50
"""Likely label errors listed by name; all are counted, and stand in paths.label_errors."""


def report(checked: Checked, label_errors: str, target: Target) -> dict[str, Any]:
    """The stage's numbers. label_errors: the setting, "report", "drop" or "off"."""
    alike = alike_labels(checked.labels)
    is_kept = pa.array(checked.is_kept)
    sides = checked.rows["side"].filter(is_kept).value_counts().to_pylist()
    kept = checked.rows["label"].filter(is_kept)
    return {
        "rows_in": checked.rows.num_rows,
        "rows_out": int(checked.is_kept.sum()),
        "rows_out_by_side": {each["values"]: each["counts"] for each in sides},
        "quarantined": checked.aside.num_rows,
        "reasons": checked.reasons,
        "labels": checked.labels,
        "unlabelled": _without_class(kept, target) if target.has_classes and not target.has_one_class else 0,
        "histogram": target.histogram(kept.to_pylist()),
        "quantiles": target.quantiles(kept.to_pylist()),
        "conflicts": {
            "on_one_side": int(checked.conflicts.on_side.sum()),
            "with_held_out_rows": int(checked.conflicts.with_held_out.sum()),
            "held_out_rows": int(checked.conflicts.contradicted.sum()),
            "with_extra_tests": int(checked.conflicts.with_extra.sum()),
        },
        "expectations": _expectations(checked),
        "warnings": _warnings(checked, len(alike)),
        "alike_labels": alike,
        "label_errors": {"mode": label_errors, **_label_errors(checked)},
    }


def _expectations(checked: Checked) -> list[dict[str, Any]]:
    return [
        {
            "suite": suite,
            "name": each.name,
            "column": each.column,
            "reason": each.reason,
            "description": each.description,
            "severity": each.severity,
            "passed": each.passed,
            "unexpected": each.unexpected,
        }
        for suite, outcomes in checked.outcomes.items()
        for each in outcomes
    ]


def _warnings(checked: Checked, alike: int) -> dict[str, int]:
    """What was seen and let pass, counted; what was not seen is left out."""
    failed = [each for outcomes in checked.outcomes.values() for each in outcomes if each.severity == "warning"]
    counts = {each.reason: each.unexpected for each in failed}
    if "duplicate" not in checked.reasons:
        counts["duplicates_kept"] = checked.repeated
    if "conflicting_labels" not in checked.reasons:
        counts["conflicts_kept"] = int(checked.conflicts.on_side.sum())
    if "conflict_with_held_out" not in checked.reasons:
        counts["conflicts_with_held_out_kept"] = int(checked.conflicts.with_held_out.sum())
    counts["conflicts_with_extra_tests"] = int(checked.conflicts.with_extra.sum())
    counts["alike_labels"] = alike
    return {reason: count for reason, count in counts.items() if count}


def _without_class(column: pa.ChunkedArray, target: Target) -> int:
    """How many rows name no class at all."""
    return sum(each["counts"] for each in column.value_counts().to_pylist() if not target.classes_of(each["values"]))


def _label_errors(checked: Checked) -> dict[str, Any]:
    found = checked.label_errors
    if found is None:
        return {"looked_at": 0, "found": 0, "ranked_by": None, "held_out_loss": {}, "skipped_labels": {}, "worst": []}
    return {
        "looked_at": found.looked_at,
        "found": len(found.suspects),
        "ranked_by": found.ranked_by,
        "held_out_loss": found.held_out_loss,
        "skipped_labels": found.skipped,
        "worst": suspects(checked)[:MOST_SUSPECTS],
    }


def suspects(checked: Checked) -> list[dict[str, Any]]:
    """All likely label errors, worst first, each with its row."""
    found = checked.label_errors.suspects if checked.label_errors else ()
    rows = checked.rows.select(["row_id", "line"]).take(pa.array([each.position for each in found], pa.int64()))
    return [
        row | {"given": each.given, "suggested": each.suggested, "score": each.score}
        for row, each in zip(rows.to_pylist(), found, strict=True)
    ]


def suspects_csv(checked: Checked) -> str:
    """The same with their texts, as CSV that no spreadsheet runs anything of."""
    found = checked.label_errors.suspects if checked.label_errors else ()
    columns = ["text", "pair"] if holds_pairs(checked.rows) else ["text"]
    texts = checked.rows.select(columns).take(pa.array([each.position for each in found], pa.int64())).to_pylist()
    file = StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["line", "given", "suggested", "score", *columns, "row_id"])
    for each, row in zip(suspects(checked), texts, strict=True):
        words = [safe_text(value, MOST_CHARACTERS) for value in (each["given"], each["suggested"])]
        cells = [safe_text(row[column], MOST_CHARACTERS) for column in columns]
        table.writerow([each["line"], *words, each["score"], *cells, each["row_id"]])
    return file.getvalue()
