"""what two versions said of the same test rows → which became right, which wrong"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.lineage.statement import Statement
from tasks.problem import recorded_problem
from tasks.targets import LabelTarget, Target
from tasks.trace.contents import Contents
from tasks.trace.learned import data_file
from tasks.trace.scan import batches
from tasks.trace.versions import Version
from tasks.tracking.store import Store

LABEL = LabelTarget()
MOST_EXAMPLES = 5
_FOLDER, _FILE = "data/evaluation", "predictions.parquet"


@dataclass(frozen=True)
class PredictionChanges:
    """What became of the predictions on the rows that both were asked."""

    rows: int
    """Common test rows."""
    fixed: int
    """Rows whose score rose; of one label: wrong before, right after."""
    broken: int
    """Rows whose score fell; of one label: right before, wrong after."""
    otherwise: int
    """Rows answered otherwise, with the same score; of one label: wrong before and after."""
    examples: list[dict[str, Any]]
    """Of broken ones first, then of fixed ones: row_id, text, label, before, after."""


def kept_predictions(contents: Contents, statement: Statement) -> Path | None:
    """The predictions that evaluate kept of a version, None if they are not here."""
    for stage in statement.stages:
        for each in stage["outputs"]:
            if each["name"] == _FOLDER:
                return contents.find_inside(_FOLDER, str(each["digest"].get("md5", "")), _FILE)
    return None


def rows_for_testing(contents: Contents, statement: Statement) -> Path | None:
    """The test rows of a version, None if they are not here."""
    return contents.find(*data_file(statement, "testing"))


def read_predictions(file: Path) -> dict[str, dict[str, Any]]:
    """Row id → text, label, predicted."""
    rows: Iterator[Any] = (
        row for batch in batches(file, ["row_id", "text", "label", "predicted"]) for row in batch.to_pylist()
    )
    return {row["row_id"]: row for row in rows}


def predict_again(store: Store, version: Version, rows: Path) -> dict[str, dict[str, Any]]:
    """The same, by asking the version itself. Raises IntegrityError if its files are not those that were registered."""
    from tasks.register.champion import PACKAGE_DIGEST, ChampionVersion, predict_with
    from tasks.texts import texts_of

    table = pq.read_table(rows, columns=["row_id", "text", "pair", "label"])
    asked = ChampionVersion(version.number, "", version.tags.get(PACKAGE_DIGEST, ""))
    target = recorded_problem(version.known().settings).target
    answers = predict_with(store, version.name, asked, target, texts_of(table))
    return {row["row_id"]: {**row, "predicted": answer} for row, answer in zip(table.to_pylist(), answers, strict=True)}


def compare_predictions(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]], target: Target = LABEL
) -> PredictionChanges:
    """What became of the predictions. before, after: as read_predictions gives them; target: what both were asked."""
    common = [name for name in before if name in after]
    truth = [before[name]["label"] for name in common]
    classes = target.classes(truth) if truth else ()
    scores = [
        target.score(truth, [rows[name]["predicted"] for name in common], classes).scores for rows in (before, after)
    ]
    fixed, broken, otherwise = [], [], 0
    for name, was, now in zip(common, *scores, strict=True):
        old, new = (target.shown(rows[name]["predicted"]) for rows in (before, after))
        label = target.shown(before[name]["label"])
        change = {"row_id": name, "text": before[name]["text"], "label": label, "before": old, "after": new}
        if now > was:
            fixed.append(change | {"better": True})
        elif now < was:
            broken.append(change | {"better": False})
        elif old != new:
            otherwise += 1
    examples = broken[:MOST_EXAMPLES] + fixed[:MOST_EXAMPLES]
    return PredictionChanges(len(common), len(fixed), len(broken), otherwise, examples)
