"""Two processes train to what one does, and go on after a kill."""

import os
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest
import yaml

from tasks.config import load_config
from tasks.files import read_json
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.pipeline import run_stage
from tasks.settings import as_dict

pytestmark = pytest.mark.pipeline
MONITORS = ("convergence", "label_noise", "gradient_flow", "attention", "representation_drift", "forgetting")
FINETUNE: dict[str, Any] = {"epochs": 2, "batch_tokens": 128, "precision": "float32"}
TWO = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--mixed_precision"]
TWO += ["no", "--dynamo_backend", "no", "-m", "tasks", "finetune"]
SECONDS = 120


def start(paths: Paths) -> subprocess.Popen[str]:
    """Two processes; on the CPU they speak through gloo."""
    there = {"MLFLOW_TRACKING_URI": f"sqlite:///{paths.root}/mlflow.db", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", *TWO],
        cwd=paths.root,
        env=os.environ | there,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def train(paths: Paths, *, goes_on: bool = False) -> dict[str, Any]:
    """What two processes report."""
    process = start(paths)
    told, errors = process.communicate()
    assert process.returncode == 0, errors
    assert told.count("finetune: ") == 1  # the first process alone tells
    assert ("goes on from step" in errors) == goes_on, errors
    report: dict[str, Any] = read_json(paths.report("finetune"))
    return report


def write_settings(paths: Paths, base: BaseSettings, **finetune: Any) -> None:
    settings = {"base": as_dict(base), "ingest": {"path": "-"}, "finetune": FINETUNE | finetune}
    paths.params.write_text(yaml.safe_dump(settings))


def test_two_gloo_processes_have_the_loss_of_one(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{learnable.root}/mlflow.db")
    penalties = [{"kind": "l2_sp", "strength": 10.0}, {"kind": "fgm"}, {"kind": "ewc"}]
    monitors = [{"kind": kind} for kind in MONITORS]
    write_settings(learnable, tiny_base, strategy={"kind": "full"}, dropout=0.0, penalties=penalties, monitors=monitors)
    run_stage("finetune", load_config(learnable.params), learnable)
    one: dict[str, Any] = read_json(learnable.report("finetune"))
    two = train(learnable)
    assert (one["processes"], two["processes"]) == (1, 2)
    assert len(one["history"]) == 2
    for first, second in zip(one["history"], two["history"], strict=True):
        assert second["train_loss"] == pytest.approx(first["train_loss"], rel=1e-4)
        assert second["val_loss"] == pytest.approx(first["val_loss"], rel=1e-4)
        assert second["penalty"] == pytest.approx(first["penalty"], rel=1e-3)
    assert one["model_digest"] != two["model_digest"]  # sums in another order: it was no run of one process
    assert not learnable.checkpoints.exists()
    assert two["monitors"].keys() == set(MONITORS)
    assert all(
        [each["epoch"] for each in seen["epochs"] if each["epoch"]] == [1, 2] for seen in two["monitors"].values()
    )


def test_two_processes_that_were_killed_go_on_to_the_same_bits(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Each draws its own dropout, so each one's random state must come back."""
    write_settings(
        learnable, tiny_base, strategy={"kind": "full"}, dropout=0.3, penalties=[{"kind": "r_drop"}], checkpoint_steps=1
    )
    whole = train(learnable)
    learnable.report("finetune").unlink()
    launcher = start(learnable)
    deadline = time.monotonic() + SECONDS
    while not list(learnable.checkpoints.glob("*/step-*")):
        assert launcher.poll() is None, launcher.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for each in [*psutil.Process(launcher.pid).children(recursive=True), launcher]:
        each.kill()
    launcher.communicate()
    assert not learnable.report("finetune").exists()
    again = train(learnable, goes_on=True)
    assert again["history"] == whole["history"]
    assert again["model_digest"] == whole["model_digest"]
