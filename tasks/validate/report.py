"""What the checks came to → numbers as JSON."""

from typing import Any

import pyarrow as pa

from tasks.validate.check import Checked
from tasks.validate.labels import alike_labels

MOST_SUSPECTS = 50
"""Likely label errors listed by name; all are counted."""


def report(checked: Checked, label_errors: str) -> dict[str, Any]:
    """The stage's numbers. label_errors: the setting, "report", "drop" or "off"."""
    alike = alike_labels(checked.labels)
    sides = checked.rows["side"].filter(pa.array(checked.is_kept)).value_counts().to_pylist()
    return {
        "rows_in": checked.rows.num_rows,
        "rows_out": int(checked.is_kept.sum()),
        "rows_out_by_side": {each["values"]: each["counts"] for each in sides},
        "quarantined": checked.aside.num_rows,
        "reasons": checked.reasons,
        "labels": checked.labels,
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
        counts["conflicts_kept"] = checked.conflicting
    counts["alike_labels"] = alike
    return {reason: count for reason, count in counts.items() if count}


def _label_errors(checked: Checked) -> dict[str, Any]:
    found = checked.label_errors
    if found is None:
        return {"looked_at": 0, "found": 0, "skipped_labels": {}, "worst": []}
    return {
        "looked_at": found.looked_at,
        "found": len(found.suspects),
        "skipped_labels": found.skipped,
        "worst": [
            {
                "row_id": checked.rows["row_id"][each.position].as_py(),
                "line": checked.rows["line"][each.position].as_py(),
                "given": each.given,
                "suggested": each.suggested,
                "score": each.score,
            }
            for each in found.suspects[:MOST_SUSPECTS]
        ],
    }
