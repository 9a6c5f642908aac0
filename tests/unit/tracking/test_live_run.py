import os
import signal
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from tasks.paths import Paths
from tasks.tracking import MODEL_DIGEST, find_run, live_run, open_store
from tasks.tracking.live import LiveRun

PARAMS = {"finetune": {"epochs": 2, "strategy": {"kind": "lora"}}}


def run_of(paths: Paths, run: LiveRun) -> Any:
    return open_store(paths).client.get_run(run.run_id)


def test_numbers_are_kept_by_step(paths: Paths) -> None:
    with live_run(paths, name="a", params=PARAMS, tags={}) as run:
        run.log(1, {"train_loss": 2.0})
        run.log(2, {"train_loss": 1.0, "val_loss": 1.5})
    history = open_store(paths).client.get_metric_history(run.run_id, "train_loss")
    assert [(each.step, each.value) for each in history] == [(1, 2.0), (2, 1.0)]


def test_many_numbers_of_one_step_are_kept(paths: Paths) -> None:
    with live_run(paths, name="a", params=PARAMS, tags={}) as run:
        run.log(1, {f"number_{position}": 1.0 for position in range(1_500)})
    assert len(run_of(paths, run).data.metrics) == 1_500


def test_settings_are_flat_params(paths: Paths) -> None:
    with live_run(paths, name="a", params=PARAMS, tags={}) as run:
        pass
    assert run_of(paths, run).data.params == {"finetune.epochs": "2", "finetune.strategy.kind": "lora"}


def test_a_run_that_ends_well_is_finished_and_found_by_its_model(paths: Paths) -> None:
    with live_run(paths, name="a", params=PARAMS, tags={"mine": "yes"}) as run:
        run.finish("abc")
    assert run_of(paths, run).info.status == "FINISHED"
    assert run_of(paths, run).data.tags["mine"] == "yes"
    assert find_run(paths, "abc") == run.run_id


def test_an_error_fails_the_run_and_is_passed_on(paths: Paths) -> None:
    with pytest.raises(ValueError, match="broken"), live_run(paths, name="a", params=PARAMS, tags={}) as run:
        run.log(1, {"train_loss": 2.0})
        raise ValueError("broken")
    assert run_of(paths, run).info.status == "FAILED"
    assert run_of(paths, run).data.metrics == {"train_loss": 2.0}


def test_sigterm_kills_the_run(paths: Paths) -> None:
    with pytest.raises(SystemExit, match="143"), live_run(paths, name="a", params=PARAMS, tags={}) as run:
        os.kill(os.getpid(), signal.SIGTERM)
    assert run_of(paths, run).info.status == "KILLED"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_numbers_that_are_not_finite_are_named_and_not_kept(paths: Paths) -> None:
    """Fault 36: MLflow would keep infinity as 1.797e308."""
    with live_run(paths, name="a", params=PARAMS, tags={}) as run:
        run.log(7, {"train_loss": float("nan"), "val_loss": float("inf"), "rate": 0.1})
    assert run_of(paths, run).data.metrics == {"rate": 0.1}
    assert run_of(paths, run).data.tags["finetrace.not_finite"] == "train_loss at step 7, val_loss at step 7"


def test_training_goes_on_without_a_server(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with live_run(paths, name="a", params=PARAMS, tags={}) as run:
        run.log(1, {"train_loss": 2.0})
        run.finish("abc")
    assert run.run_id is None
    assert capsys.readouterr().err.count("warning:") == 1


def test_training_goes_on_when_the_server_breaks_off(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with live_run(paths, name="a", params=PARAMS, tags={}) as run:
        monkeypatch.setattr("mlflow.MlflowClient.log_batch", _gone)
        monkeypatch.setattr("mlflow.MlflowClient.set_terminated", _gone)
        for step in range(3):
            run.log(step, {"train_loss": 2.0})
            run.flush()
        run.finish("abc")
    assert capsys.readouterr().err.count("warning:") == 1


def test_the_same_model_trained_twice_has_one_parent_run(paths: Paths) -> None:
    runs = []
    for _ in range(2):
        with live_run(paths, name="a", params=PARAMS, tags={}) as run:
            run.finish("abc")
        runs.append(run)
    assert find_run(paths, "abc") == runs[0].run_id
    tags = run_of(paths, runs[1]).data.tags
    assert MODEL_DIGEST not in tags
    assert tags["mlflow.parentRunId"] == runs[0].run_id


def test_a_killed_trainings_run_is_failed_by_the_next(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    with live_run(paths, name="alive", params=PARAMS, tags={}) as alive:
        monkeypatch.setattr("tasks.process_name.process_name", lambda pid: f"{pid}@another start")  # as if killed
        with live_run(paths, name="next", params=PARAMS, tags={}):
            assert run_of(paths, alive).info.status == "FAILED"


def test_a_living_trainings_run_is_left_alone(paths: Paths) -> None:
    with live_run(paths, name="alive", params=PARAMS, tags={}) as alive, live_run(paths, name="b", params={}, tags={}):
        assert run_of(paths, alive).info.status == "RUNNING"


def test_the_flow_run_is_named(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETRACE_FLOW_RUN_ID", "flow-1")
    monkeypatch.setenv("FINETRACE_FLOW_RUN_URL", "http://127.0.0.1:4200/runs/flow-run/flow-1")
    with live_run(paths, name="a", params=PARAMS, tags={}) as run:
        pass
    tags = run_of(paths, run).data.tags
    assert tags["prefect.flow_run_id"] == "flow-1"
    assert tags["prefect.flow_run_url"].endswith("flow-1")


def _gone(*arguments: Any, **named: Any) -> None:
    raise MlflowException("API request failed: connection refused")
