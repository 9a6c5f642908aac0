"""A registered model in a process that knows nothing of the workspace."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.register.stage import run

PREDICT = """
import json, os, sys
import mlflow, pandas
model = mlflow.pyfunc.load_model("models:/tiny@challenger")
texts = ["where is my parcel", "refund please"]
told = {
    "list": model.predict(texts).to_dict("records"),
    "frame": model.predict(pandas.DataFrame({"text": texts})).to_dict("records"),
    "two": model.predict(texts, params={"top_k": 2}).to_dict("records"),
    "code": sys.modules["tasks"].__file__,
}
print(json.dumps(told))
"""


def start(workspace, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": f"sqlite:///{workspace.paths.root}/mlflow.db",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-W", "error::UserWarning:mlflow.pyfunc", "-c", PREDICT]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(params=["one model", "ensemble"])
def registered(request, workspace) -> Any:
    if request.param == "ensemble":
        workspace.train_ensemble(FeatureExtraction(), Full())
        workspace.evaluate()
    run(workspace.paths, register=workspace.register, base=workspace.base, settings=workspace.settings)
    (workspace.paths.root / "base").rename(workspace.paths.root / "gone")  # nothing but the package may be needed
    return workspace


def test_it_loads_and_predicts_with_its_own_code(registered, tmp_path: Path) -> None:
    done = start(registered, tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["list"] == told["frame"]
    assert [sorted(row) for row in told["list"]] == [["label", "probability"]] * 2
    assert {row["label"] for row in told["two"]} | {row["label_2"] for row in told["two"]} == {"delivery", "refund"}
    assert told["two"][0]["probability"] + told["two"][0]["probability_2"] == pytest.approx(1, abs=1e-5)
    assert str(registered.paths.root) in told["code"]
