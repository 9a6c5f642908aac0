import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.digest import md5_of_file
from tasks.errors import IntegrityError
from tasks.files import write_json
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, write_rows
from tasks.tracking import complete_run, ensure_run, open_store

CANARY = "s3cr3t-canary"
ROW = {"row_id": "1", "side": "any", "line": 2, "text": "hello", "label": "greeting", "fold": 0}


@pytest.fixture
def filled(paths: Paths) -> Paths:
    """A workspace in which every stage has run."""
    write_rows(paths.augmented, [ROW | {"parent_id": "1", "method": "none"}], AUGMENTED)
    for path in (paths.val, paths.test):
        write_rows(path, [ROW], SPLIT)
    write_json(paths.report("ingest"), {"rows": 3, "name": "a text"})
    write_json(paths.timing("ingest"), {"seconds": 1.5, "cpu_seconds": 1.0})
    write_json(paths.evaluation / "plots" / "confusion.json", [])
    paths.report_page.write_text("<!DOCTYPE html>")
    paths.params.write_text(f"ingest:\n  url: https://me:{CANARY}@host/x.csv\n  api_key: {CANARY}\n")
    outs = [
        {"path": path.relative_to(paths.root).as_posix(), "md5": md5_of_file(path)} for path in (paths.val, paths.test)
    ]
    deps = [{"path": "data/raw.csv", "md5": "0" * 32}]
    (paths.root / "dvc.lock").write_text(yaml.safe_dump({"stages": {"split": {"deps": deps, "outs": outs}}}))
    return paths


def complete(paths: Paths, **changes: Any) -> Any:
    settings = {"ingest": {"path": "data/raw.csv", "url": f"https://me:{CANARY}@host/x.csv", "api_key": CANARY}}
    given: dict[str, Any] = {
        "settings": settings,
        "headline": {"accuracy": 0.9},
        "tags": {"gate": "passed"},
        "description": "PASS",
        "verdict": {"passed": True},
    }
    run_id = ensure_run(paths, model_digest="abc", name="a")
    complete_run(paths, run_id, **(given | changes))
    return open_store(paths).client.get_run(run_id)


def test_the_run_has_headline_reports_and_seconds(filled: Paths) -> None:
    metrics = complete(filled).data.metrics
    assert metrics["accuracy"] == 0.9
    assert metrics["ingest.rows"] == 3
    assert (metrics["seconds.ingest"], metrics["cpu_seconds.ingest"]) == (1.5, 1.0)


def test_data_are_named_by_the_md5_that_dvc_records(filled: Paths) -> None:
    inputs = complete(filled).inputs.dataset_inputs
    known = {each.dataset.name: (each.dataset.digest, each.tags[0].value) for each in inputs}
    assert known == {
        "data/augmented/train.parquet": (md5_of_file(filled.augmented), "training"),
        "data/split/val.parquet": (md5_of_file(filled.val), "validation"),
        "data/split/test.parquet": (md5_of_file(filled.test), "testing"),
        "data/raw.csv": ("0" * 32, "raw"),
    }


def test_data_other_than_dvc_records_are_refused(filled: Paths) -> None:
    write_rows(filled.test, [ROW, ROW], SPLIT)
    with pytest.raises(IntegrityError, match=r"test\.parquet"):
        complete(filled)


def test_what_explains_the_run_is_kept_as_files(filled: Paths) -> None:
    run = complete(filled)
    client = open_store(filled).client
    names = {each.path for each in client.list_artifacts(run.info.run_id)}
    assert names >= {
        "params.yaml",
        "dvc.lock",
        "environment.txt",
        "machine.json",
        "settings.json",
        "verdict.json",
        "report.html",
    }
    assert [each.path for each in client.list_artifacts(run.info.run_id, "evaluation/plots")] == [
        "evaluation/plots/confusion.json"
    ]


def test_uncommitted_changes_are_kept_as_a_diff(filled: Paths) -> None:
    for command in (["init", "-q"], ["config", "user.email", "a@b"], ["config", "user.name", "a"], ["add", "dvc.lock"]):
        subprocess.run(["git", *command], cwd=filled.root, check=True)
    subprocess.run(["git", "commit", "-qm", "first"], cwd=filled.root, check=True)
    (filled.root / "new.py").write_text("y = 3\n")
    run = complete(filled)
    diff = Path(open_store(filled).client.download_artifacts(run.info.run_id, "dirty.diff"))
    assert "+y = 3" in diff.read_text()
    assert run.data.tags["finetrace.git_dirty"] == "true"


def test_a_second_completion_changes_nothing(filled: Paths) -> None:
    run = complete(filled)
    before = [_points(filled, run, name) for name in run.data.metrics]
    again = complete(filled)
    assert again.data == run.data or again.data.to_dictionary() == run.data.to_dictionary()
    assert [_points(filled, run, name) for name in run.data.metrics] == before
    assert len(again.inputs.dataset_inputs) == 4


def test_other_numbers_are_logged_once_more(filled: Paths) -> None:
    complete(filled)
    run = complete(filled, headline={"accuracy": 0.8})
    assert (run.data.metrics["accuracy"], _points(filled, run, "ingest.rows")) == (0.8, 1)


def test_no_secret_reaches_the_store(filled: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 45: canaries in params.yaml, URLs, settings and the environment."""
    monkeypatch.setenv("MY_API_KEY", CANARY)
    complete(filled)
    stored = [filled.root / "mlflow.db", *(path for path in (filled.root / "mlartifacts").rglob("*") if path.is_file())]
    assert [path for path in stored if CANARY.encode() in path.read_bytes()] == []


def _points(paths: Paths, run: Any, name: str) -> int:
    return len(open_store(paths).client.get_metric_history(run.info.run_id, name))
