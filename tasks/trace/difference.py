"""two versions → everything that differs between them"""

from dataclasses import dataclass

from tasks.paths import Paths
from tasks.problem import recorded_problem
from tasks.trace.changes import (
    Change,
    MetricChange,
    changed_files,
    changed_metrics,
    changed_packages,
    changed_settings,
    read_packages,
)
from tasks.trace.code_changes import CodeChange, compare_code
from tasks.trace.contents import Contents
from tasks.trace.learned import data_file
from tasks.trace.prediction_changes import (
    PredictionChanges,
    compare_predictions,
    kept_predictions,
    predict_again,
    read_predictions,
    rows_for_testing,
)
from tasks.trace.row_changes import RowChanges, compare_rows
from tasks.trace.versions import Version
from tasks.tracking.store import Store


@dataclass(frozen=True)
class Difference:
    """What differs, and what could not be compared."""

    first: Version
    second: Version
    files: list[Change]
    rows: RowChanges
    settings: list[Change]
    code: CodeChange
    packages: list[Change] | None
    """None if one of the bills of materials is not there."""
    metrics: list[MetricChange]
    same_test: bool
    """Whether both were measured on the same test rows."""
    predictions: PredictionChanges | None
    why_no_predictions: str


def compare_versions(store: Store, paths: Paths, first: Version, second: Version, *, predict: bool) -> Difference:
    """Everything that differs between two versions. predict: ask the models where their predictions were not kept.

    Raises IntegrityError if a statement or a model is not the one that was recorded.
    """
    one, other, contents = first.known(), second.known(), Contents(paths)
    packages = [read_packages(each.folder, each.known()) if each.folder else None for each in (first, second)]
    known = packages[0] is not None and packages[1] is not None
    predictions, why = _predictions(store, contents, first, second, predict=predict)
    rows = compare_rows(contents, one, other)
    tests = [data_file(each, "testing")[1] for each in (one, other)]
    return Difference(
        first=first,
        second=second,
        files=changed_files(one, other),
        rows=rows,
        settings=changed_settings(one, other),
        code=compare_code(paths.root, one, other),
        packages=changed_packages(packages[0] or {}, packages[1] or {}) if known else None,
        metrics=changed_metrics(one, other),
        same_test=_is_same_test(rows, tests),
        predictions=predictions,
        why_no_predictions=why,
    )


def _is_same_test(rows: RowChanges, md5s: list[str]) -> bool:
    """By the file, or, since a row that moved to another line changes it, by the rows in it."""
    side = rows.sides.get("test")
    return (bool(md5s[0]) and md5s[0] == md5s[1]) or (side is not None and not side.added and not side.removed)


def _predictions(
    store: Store, contents: Contents, first: Version, second: Version, *, predict: bool
) -> tuple[PredictionChanges | None, str]:
    """What became of the predictions, or why nobody can tell."""
    one, other = (recorded_problem(each.known().settings).target for each in (first, second))
    if one.kind != other.kind:
        return None, f"{first.shown} answers with {one.reads}, {second.shown} with {other.reads}"
    kept = [kept_predictions(contents, each.known()) for each in (first, second)]
    if kept[0] and kept[1]:
        return compare_predictions(read_predictions(kept[0]), read_predictions(kept[1]), other), ""
    lost = " and ".join(each.shown for each, file in zip((first, second), kept, strict=True) if file is None)
    if not predict:
        return None, f"the predictions of {lost} are not reachable: add --predict to ask the models again"
    rows = rows_for_testing(contents, second.known()) or rows_for_testing(contents, first.known())
    if rows is None:
        return None, "the test rows of neither version are reachable: dvc fetch"
    return compare_predictions(predict_again(store, first, rows), predict_again(store, second, rows), other), ""
