"""Two processes train to what one does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.files import read_json
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.settings import as_dict

MONITORS = ("convergence", "label_noise", "gradient_flow", "attention", "representation_drift", "forgetting")


def history_of(paths: Paths, command: list[str]) -> list[dict[str, float]]:
    environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{paths.root}/mlflow.db", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=paths.root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return list(read_json(paths.report("finetune"))["history"])


@pytest.mark.pipeline
@pytest.mark.parametrize(
    "penalties", [[], [{"kind": "l2_sp", "strength": 10.0}], [{"kind": "fgm"}, {"kind": "ewc"}]], ids=str
)
def test_two_gloo_processes_have_the_loss_of_one(
    penalties: list[dict[str, object]], learnable: Paths, tiny_base: BaseSettings
) -> None:
    import yaml

    finetune: dict[str, object] = {"strategy": {"kind": "full"}, "epochs": 2, "batch_tokens": 128, "dropout": 0.0}
    finetune["penalties"] = penalties
    finetune["monitors"] = [{"kind": kind} for kind in MONITORS]
    settings = {"base": as_dict(tiny_base), "ingest": {"path": "-"}, "finetune": finetune | {"precision": "float32"}}
    learnable.params.write_text(yaml.safe_dump(settings))
    one = history_of(learnable, ["tasks", "finetune"])
    launch = ["accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "-m", "tasks", "finetune"]
    two = history_of(learnable, launch)
    for first, second in zip(one, two, strict=True):
        assert second["train_loss"] == pytest.approx(first["train_loss"], rel=1e-4)
        assert second["val_loss"] == pytest.approx(first["val_loss"], rel=1e-4)
        assert ("penalty" in first) == bool(penalties)
        assert second.get("penalty", 0.0) == pytest.approx(first.get("penalty", 0.0), rel=1e-3)
    assert not Path(learnable.checkpoints).exists()
    seen = read_json(learnable.report("finetune"))["monitors"]  # by the main process alone
    assert seen.keys() == set(MONITORS)
    assert all([epoch["epoch"] for epoch in found["epochs"] if epoch["epoch"]] == [1, 2] for found in seen.values())
