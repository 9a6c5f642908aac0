"""What the flow run's page shows."""

import logging
from typing import Any
from uuid import UUID

import pytest

from flows.artifacts import ProgressBar, mlflow_page, summary
from flows.news import News, Progress, listening

VERDICT: dict[str, Any] = {
    "passed": False,
    "line": "FAIL accuracy 0.4",
    "name": "wishes",
    "version": None,
    "rules": [
        {"name": "min_accuracy", "passed": False, "why": "accuracy 0.4 < 0.5"},
        {"name": "slices", "passed": None, "why": "register.gate.slices is null"},
    ],
}


@pytest.fixture
def artifacts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How far each call to Prefect said that the stage is."""
    said: list[float] = []
    name = UUID(int=7)
    monkeypatch.setattr("flows.artifacts.create_progress_artifact", lambda percent, **_: said.append(percent) or name)
    monkeypatch.setattr("flows.artifacts.update_progress_artifact", lambda _, percent: said.append(percent))
    return said


def test_summary_tells_verdict_metrics_rules_and_version() -> None:
    told = summary(VERDICT, {"accuracy": 0.4, "intervals": {"accuracy": {"low": 0.3, "high": 0.5}}})
    assert told.startswith("# Gate not passed\n")
    for words in (
        "accuracy   0.400  [0.300, 0.500]",
        "| min\\_accuracy | **failed** | accuracy 0.4 \\< 0.5 |",
        "| off |",
    ):
        assert words in told
    assert "- version: none" in told


def test_summary_of_a_passed_gate_names_the_version() -> None:
    assert "- version: wishes v3" in summary({**VERDICT, "passed": True, "version": 3}, {})


def test_hostile_words_in_a_rule_stay_words() -> None:
    rule = {"name": "x", "passed": False, "why": "| <script>alert(1)</script>\n# [a](javascript:b)"}
    told = summary({**VERDICT, "rules": [rule]}, {})
    assert "<script>" not in told
    assert "[a](" not in told
    assert told.count("\n# ") == 0


def test_progress_moves_the_bar_and_stays_out_of_the_log(
    artifacts: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[News] = []
    bar = ProgressBar("finetune", logging.getLogger("x"))
    with caplog.at_level(logging.INFO), listening(heard.append), bar:
        bar.hear("progress 40% epoch 2 of 5, loss 0.31")
        bar.hear("a line for the log")
    assert heard == [Progress("finetune", 40.0, "epoch 2 of 5, loss 0.31")]
    assert artifacts == [40.0, 100.0]
    assert caplog.messages == ["a line for the log"]


def test_progress_of_a_failed_stage_is_not_made_whole(artifacts: list[float]) -> None:
    with pytest.raises(ZeroDivisionError), ProgressBar("finetune", logging.getLogger("x")) as bar:
        bar.hear("progress 40%")
        raise ZeroDivisionError
    assert artifacts == [40.0]


def test_many_lines_of_progress_are_few_calls(artifacts: list[float]) -> None:
    with ProgressBar("finetune", logging.getLogger("x")) as bar:
        for percent in range(1, 100):
            bar.hear(f"progress {percent}%")
    assert artifacts == [1.0, 100.0]


def test_secrets_are_masked_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), ProgressBar("finetune", logging.getLogger("x")) as bar:
        bar.hear("https://ann:hunter22@host/x")
    assert "hunter22" not in caplog.text


def test_run_of_a_local_store_is_where_finetrace_up_will_show_it() -> None:
    assert mlflow_page("#/experiments/1/runs/a") == "http://127.0.0.1:5000/#/experiments/1/runs/a"
    assert (
        mlflow_page("https://mlflow.example/#/experiments/1/runs/a") == "https://mlflow.example/#/experiments/1/runs/a"
    )
