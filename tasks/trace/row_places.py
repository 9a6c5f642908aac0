"""a row → every place in the workspace's files where it, or what was made of it, is found"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tasks.files import read_json
from tasks.model.about import ABOUT, read_about
from tasks.paths import Paths
from tasks.table import AUGMENTED, INGESTED, PREDICTIONS, QUARANTINE, held_out_file
from tasks.targets import LabelTarget
from tasks.trace.scan import Choose, among, chosen

MOST_CHILDREN = 20
_SIDES = ("train", "val", "test")
_FALLBACK = {
    "duplicate": "No row repeats an earlier one (validate.duplicates)",
    "conflicting_labels": "One text has one label (validate.conflicts)",
    "conflict_with_held_out": "An official test or val file labels the text likewise (validate.conflicts)",
    "likely_label_error": "The label is the one that the other rows speak for (validate.label_errors)",
}
"""Checks over several rows, which are no expectations."""


def find_ingested(paths: Paths, choose: Choose) -> list[dict[str, Any]]:
    """Rows as read from the raw data: tasks.table.INGESTED."""
    return list(chosen(paths.ingested, INGESTED.names, choose))


def find_in_quarantine(paths: Paths, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Rows that were set aside, each with its `reasons`, explained by the expectations of the last validation."""
    if not paths.quarantine.exists():
        return []
    report = read_json(paths.report("validate")) if paths.report("validate").exists() else {}
    rows = chosen(paths.quarantine, QUARANTINE.names, among("row_id", ids))
    return [row | {"reasons": explain(row["reasons"], report.get("expectations", []))} for row in rows]


def explain(reasons: Sequence[str], expectations: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Each reason with the expectation that it failed, in words and by name."""
    by_reason = {str(each.get("reason")): each for each in expectations}
    told = []
    for reason in reasons:
        of_label = by_reason.get("label_unknown", {}) if reason.startswith("label_") else {}
        failed = by_reason.get(reason) or of_label
        told.append(
            {
                "reason": reason,
                "expectation": str(failed.get("description") or _FALLBACK.get(reason, "")),
                "name": str(failed.get("name", "")),
            }
        )
    return told


def find_side(paths: Paths, row_id: str) -> dict[str, Any] | None:
    """side (train, val or test, or a further test set by name) and fold of a row; None if split gave it to none."""
    for side, file in zip(_SIDES, (paths.train, paths.val, paths.test), strict=True):
        if file.exists():
            for row in chosen(file, ["row_id", "fold"], among("row_id", [row_id])):
                return {"side": side, "fold": row["fold"]}
    if paths.extra_tests.exists():
        for row in chosen(paths.extra_tests, ["row_id", "side"], among("row_id", [row_id])):
            return {"side": held_out_file(row["side"]), "fold": 0}
    return None


def why_on_no_side(paths: Paths, row_id: str) -> str:
    """What the report of split says of a checked row that is on no side."""
    report = read_json(paths.report("split")) if paths.report("split").exists() else {}
    for each in report.get("set_aside_rows", []):
        if each.get("row_id") == row_id:
            lines = ", ".join(str(line) for line in each.get("near_lines", []))
            return f"left out: it comes near rows of different sides (lines {lines})"
    official = " or ".join(side for side in ("test", "val") if report.get(f"official_{side}"))
    if official:
        return f"left out: it repeats a row of the official {official}, or comes near rows of different sides"
    return "left out: it comes near rows of different sides" if report.get("set_aside") else "on no side"


def find_children(paths: Paths, row_id: str) -> list[dict[str, Any]]:
    """Rows that augmentation made of a row, the first few."""
    if not paths.augmented.exists():
        return []
    made: list[dict[str, Any]] = []
    for row in chosen(paths.augmented, ["row_id", "parent_id", "text", "pair", "method"], among("parent_id", [row_id])):
        if row["row_id"] != row_id and len(made) < MOST_CHILDREN:
            made.append(row)
    return made


def find_made(paths: Paths, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Rows that augmentation made, by their own ids: with parent_id and method."""
    if not paths.augmented.exists():
        return []
    rows = chosen(paths.augmented, AUGMENTED.names, among("row_id", ids))
    return [row for row in rows if row["parent_id"] not in (row["row_id"], "", None)]


def find_prediction(paths: Paths, row_id: str) -> dict[str, Any] | None:
    """What the model of the workspace says of a test row: predicted, how sure it is (None: not told) and its score."""
    if not paths.predictions.exists():
        return None
    columns = [name for name in PREDICTIONS.names if name in ("row_id", "label", "predicted", "probabilities")]
    for row in chosen(paths.predictions, columns, among("row_id", [row_id])):
        target = read_about(paths.model).target if (paths.model / ABOUT).is_file() else LabelTarget()
        sure = float(target.confidence([np.array(row["probabilities"])])[0])
        scored = target.score([row["label"]], [row["predicted"]], target.classes([row["label"]]))
        return {
            "predicted": target.shown(row["predicted"]),
            "probability": sure if math.isfinite(sure) else None,
            "score": float(scored.scores[0]),
        }
    return None


def raw_files(paths: Paths, raw: str) -> dict[str, list[str]]:
    """Side → the files of the raw data that its rows were read from. raw: ingest.path."""
    report = read_json(paths.report("ingest")) if paths.report("ingest").exists() else {}
    found: dict[str, list[str]] = {}
    for source in report.get("sources", []):
        is_folder = not raw.endswith(str(source["name"]))
        found.setdefault(str(source["side"]), []).append(f"{raw}/{source['name']}" if is_folder else raw)
    return found
