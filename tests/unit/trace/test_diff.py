import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.lineage.statement import Facts, Statement, make_statement
from tasks.trace.changes import Change, MetricChange, changed
from tasks.trace.code_changes import compare_code
from tasks.trace.contents import Contents
from tasks.trace.difference import Difference, compare_versions
from tasks.trace.prediction_changes import compare_predictions
from tasks.trace.row_changes import find_relabelled
from tasks.trace.versions import read_versions
from tests.unit.trace.rows import NAME, TEXTS, write_predictions


def test_changes_are_told_by_name_with_none_where_one_side_has_nothing() -> None:
    before, after = {"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 5, "new": 4}
    assert changed(before, after) == [Change("b", 2, 5), Change("gone", 3, None), Change("new", None, 4)]


@pytest.mark.parametrize(
    ("before", "after", "apart"),
    [((0.5, 0.6), (0.7, 0.8), True), ((0.7, 0.8), (0.5, 0.6), True), ((0.5, 0.7), (0.6, 0.8), False)],
)
def test_intervals_are_apart_if_they_share_nothing(before: Any, after: Any, apart: bool) -> None:
    values = [{"value": sum(each) / 2, "low": each[0], "high": each[1]} for each in (before, after)]
    change = MetricChange("accuracy", *values)
    assert change.intervals_part is apart
    assert change.delta == pytest.approx(values[1]["value"] - values[0]["value"])


def test_a_metric_that_only_one_has_has_no_change() -> None:
    change = MetricChange("mcc", None, {"value": 0.5, "low": None, "high": None})
    assert (change.delta, change.intervals_part) == (None, None)


def test_a_text_with_another_label_is_told_and_one_that_only_went_or_came_is_not() -> None:
    gone = [{"text": "a", "pair": None, "label": "x"}, {"text": "b", "pair": "c", "label": "x"}]
    come = [{"text": "a", "pair": None, "label": "y"}, {"text": "b", "pair": "other", "label": "y"}]
    assert find_relabelled(gone, come) == [{"text": "a", "pair": None, "before": "x", "after": "y"}]


def test_predictions_are_counted_as_fixed_broken_and_wrong_in_another_way() -> None:
    def said(*answers: str) -> dict[str, dict[str, str]]:
        return {str(n): {"text": "t", "label": "right", "predicted": each} for n, each in enumerate(answers)}

    before = said("wrong", "right", "wrong", "wrong", "right", "alone")
    found = compare_predictions(before, said("right", "wrong", "other", "wrong", "right"))
    assert (found.rows, found.fixed, found.broken, found.otherwise) == (5, 1, 1, 1)
    assert [each["row_id"] for each in found.examples] == ["1", "0"]


@pytest.fixture
def two(traced: Any) -> Any:
    """Two versions: one train row gone, one relabelled, one moved from val; other epochs; better on one test row."""
    traced.register()
    train = [("where is my box", "cancel"), TEXTS["train"][1], TEXTS["val"][0]]
    write_predictions(traced.paths, {})
    traced.change_rows({"train": train, "val": [("a new one", "late")], "test": TEXTS["test"]})
    traced.register(epochs=4, accuracy=0.7)
    return traced


def difference(traced: Any) -> Difference:
    first, second = read_versions(traced.store, NAME)
    return compare_versions(traced.store, traced.paths, first, second, predict=False)


def test_rows_that_came_went_moved_and_changed_their_label_are_counted(two: Any) -> None:
    found = difference(two)
    assert {side: (each.rows, each.added, each.removed) for side, each in found.rows.sides.items()} == {
        "train": ((3, 3), 2, 2),
        "val": ((1, 1), 1, 1),
        "test": ((2, 2), 0, 0),
    }
    assert found.rows.sides["train"].made == (1, 1)
    assert found.rows.moved == {"val → train": 1}
    assert found.rows.relabelled == [{"text": "where is my box", "pair": None, "before": "late", "after": "cancel"}]
    assert (found.rows.lost, found.same_test) == ([], True)


def test_settings_metrics_and_predictions_that_differ_are_told(two: Any) -> None:
    found = difference(two)
    assert found.settings == [Change("finetune.epochs", "5", "4")]
    assert [each.delta for each in found.metrics] == [pytest.approx(0.08189)]
    assert found.packages == []
    assert found.predictions is not None
    assert (found.predictions.fixed, found.predictions.broken) == (1, 0)
    assert {each.name for each in found.files} >= {"data/augmented/train.parquet", "data/raw/rows.csv"}


def test_what_is_not_reachable_is_named_and_the_rest_is_compared(two: Any) -> None:
    two.forget(two.paths.augmented)
    two.forget(two.paths.predictions)
    found = difference(two)
    assert list(found.rows.sides) == ["val", "test"]
    assert "the train rows of the second version" in found.rows.lost[0]
    assert found.predictions is None and "--predict" in found.why_no_predictions


def test_a_tampered_bill_of_materials_is_refused(two: Any, finetrace: Callable[..., int]) -> None:
    folder = read_versions(two.store, NAME)[0].folder
    assert folder is not None
    (folder / "sbom.cdx.json").write_text("{}")
    assert finetrace("diff", "1", "2") == 5


def test_command_prints_every_part_and_the_same_as_json(
    two: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("diff", "1", f"models:/{NAME}@challenger") == 0
    shown = capsys.readouterr().out
    for part in ("Data", "Settings", "Code", "Packages", "Metrics", "Predictions", "finetune.epochs: 5 → 4"):
        assert part in shown
    assert finetrace("diff", "1", "2", "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert values["rows"]["sides"]["train"]["added"] == 2 and values["predictions"]["fixed"] == 1


@pytest.mark.parametrize("columns", ["40", "80"])
def test_no_number_is_cut_where_nobody_sees_a_terminal(
    two: Any,
    finetrace: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert finetrace("diff", "1", "2") == 0
    shown = capsys.readouterr().out
    (line,) = [each for each in shown.splitlines() if each.startswith("  accuracy")]
    assert line.split() == [
        "accuracy",
        "0.618",
        "[0.550,",
        "0.680]",
        "0.700",
        "[0.550,",
        "0.680]",
        "+0.0819",
        "overlap",
    ]
    assert "…" not in line


def test_rows_that_only_moved_in_their_file_are_told_as_the_same(
    traced: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    traced.register()
    traced.change_rows({**TEXTS, "val": [("a new one", "late"), *TEXTS["val"]]})  # all test rows are a line lower
    traced.register()
    assert finetrace("diff", "1", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    (test,) = [each for each in lines if each.startswith("  test ")]
    assert test.endswith("the same rows; only their lines or order moved")
    (val,) = [each for each in lines if each.startswith("  val ")]
    assert "1 added, 0 removed" in val and "the same" not in val
    assert finetrace("diff", "2", "2") == 0
    assert "only their lines" not in capsys.readouterr().out


def test_a_version_that_is_not_there_or_is_badly_named_is_told(traced: Any, finetrace: Callable[..., int]) -> None:
    traced.register()
    assert finetrace("diff", "1", "7") == 2
    assert finetrace("diff", "1", "../x") == 2


def made_at(commit: str) -> Statement:
    facts = Facts({}, {}, {}, [], [], {"id": "", "revision": "", "sha256": ""}, commit, {"mlflow_run": ""}, {})
    return make_statement(facts)


def test_code_between_two_commits_is_what_git_says(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    git("init", "--quiet")
    commits = []
    for text in ("one\n", "one\ntwo\n"):
        (tmp_path / "loop.py").write_text(text)
        git("add", ".")
        git("commit", "--quiet", "--message", text)
        commits.append(git("rev-parse", "HEAD").strip())
    found = compare_code(tmp_path, *map(made_at, commits))
    assert "loop.py" in found.stat[0] and "1 insertion" in found.stat[-1]
    assert compare_code(tmp_path, made_at(commits[0]), made_at(commits[0])).is_same
    missing = compare_code(tmp_path, made_at(commits[0]), made_at("f" * 40))
    assert (missing.stat, missing.why) == ([], "commit ffffffffff is not in this repository: git fetch")


def test_contents_are_looked_up_by_digest_and_not_by_the_newest_name(two: Any) -> None:
    first = read_versions(two.store, NAME)[0].known()
    md5 = first.materials["data/augmented/train.parquet"]["digest"]["md5"]
    found = Contents(two.paths).find("data/augmented/train.parquet", md5)
    assert found is not None and found != two.paths.augmented
