"""A registered model in a process that knows nothing of us."""

import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.errors import GateError
from tasks.process_name import machine_name, process_name
from tasks.promotion.clean_process import ask_all, clean_environment
from tasks.promotion.in_clean_process import ask_for_labels
from tasks.register.package import open_package


def test_it_answers_as_it_does_here_with_its_own_code_and_none_of_our_secrets(
    desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETRACE_NOTIFY_URL", "https://example.invalid/secret")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    folder, texts = desk.folder(2), ["where is my parcel", "refund please", "where is my parcel"]
    broken = tmp_path / "broken"
    broken.mkdir()
    _plant(folder / "code" / "tasks" / "errors.py")
    before = {file.relative_to(folder) for file in folder.rglob("*")}
    told = ask_all({"the model": folder, "the other": broken}, texts, timed={"the model"})
    answers, failure = told["the model"], told["the other"]
    assert not isinstance(answers, GateError)
    assert answers.own_code
    assert answers.milliseconds is not None
    assert answers.milliseconds > 0
    model = open_package(folder)
    given, outputs = answers.of(texts)
    assert (answers.classes, answers.target) == (model.labels, model.target)
    assert np.allclose(outputs, model.predict(texts), atol=1e-5)
    assert given == model.answers(model.predict(texts))
    assert isinstance(failure, GateError)
    assert "the other does not load and answer in a clean process: " in str(failure)
    assert {file.relative_to(folder) for file in folder.rglob("*")} == before


def test_it_is_given_no_secret_no_store_and_none_of_our_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "FINETRACE_NOTIFY_URL",
        "AWS_SECRET_ACCESS_KEY",
        "MLFLOW_TRACKING_URI",
        "PREFECT_API_URL",
        "PYTHONPATH",
    ):
        monkeypatch.setenv(name, "planted")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    given = clean_environment()
    assert "planted" not in given.values()
    assert given["OMP_NUM_THREADS"] == "2"
    assert given["HF_HUB_OFFLINE"] == "1"


def test_what_a_killed_promotion_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = subprocess.run([sys.executable, "-c", "from tasks.process_name import *; print(process_name())"],
                           capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    here = machine_name()
    left, ours, others = (
        tmp_path / f"finetrace-gate-{each}-x"
        for each in (f"{here}-{ended}", f"{here}-{process_name()}", f"zzzzzz-{ended}")
    )
    for folder in (left, ours, others):
        (folder / "empty").mkdir(parents=True)
    ask_all({}, ["a text"])
    assert sorted(tmp_path.iterdir()) == sorted([ours, others])
    assert isinstance(ask_all({"it": tmp_path / "no model"}, ["a text"])["it"], GateError)
    assert sorted(tmp_path.iterdir()) == sorted([ours, others])


def _plant(source: Path) -> None:
    """Compiled code that Python would run in place of the source, without a look at it, and that nobody recorded."""
    code = compile("raise SystemExit('planted code ran')", str(source), "exec")
    compiled = Path(importlib.util.cache_from_source(str(source)))
    compiled.parent.mkdir(exist_ok=True)
    compiled.write_bytes(importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8) + marshal.dumps(code))


def test_a_version_whose_own_code_knows_labels_and_probabilities_alone_is_asked_by_them() -> None:
    """What was registered before there were other targets: ranks in any order, labels sorted."""

    class Before:
        def predict(self, _rows: Any, params: dict[str, Any]) -> pd.DataFrame:
            assert params == {"top_k": 1_000_000}
            found = {"label": ["b", "a"], "probability": [0.7, 0.9], "label_2": ["a", "b"], "probability_2": [0.3, 0.1]}
            return pd.DataFrame(found)

    labels, answers, outputs = ask_for_labels(Before(), None)
    assert (labels, answers) == (["a", "b"], None)
    assert np.allclose(outputs, [[0.3, 0.7], [0.9, 0.1]])
