"""The whole chain with the real stages: rows in, a registered model out, and nothing done twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.stages import STAGES
from tests.pipeline.network import block_network

pytestmark = pytest.mark.pipeline
RealRun = Any  # tests/pipeline/conftest.py


def test_one_command_ends_with_a_registered_model_and_the_way_on(real_run: RealRun) -> None:
    done = real_run.done
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    stages = [line.split() for line in lines if line.startswith("✓ made")]
    assert [words[2] for words in stages] == list(STAGES)
    assert all(words[5:] for words in stages)  # each with a number worth telling
    assert any(line.startswith("Gate passed") for line in lines)
    assert any(line.startswith("  accuracy ") and "[" in line for line in lines)
    assert "Version  wishes v1 (@challenger, @champion)" in lines
    assert "Report   data/reports/report.html" in lines
    assert [line.split()[0] for line in lines[-2:]] == ["Pages", "Next"]
    assert (real_run.workspace.root / "data" / "reports" / "report.html").is_file()


@pytest.mark.parametrize(
    "asks",
    [
        "socket.create_connection(('203.0.113.7', 9), 1)",
        "socket.socket().connect_ex(('203.0.113.7', 9))",
        "urllib.request.urlopen('https://huggingface.co', timeout=1)",
    ],
)
def test_whoever_asks_the_network_is_noted_a_grandchild_too(tmp_path: Path, asks: str) -> None:
    child = [sys.executable, "-c", f"import socket, urllib.request; {asks}"]
    parent = [sys.executable, "-c", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))", *child]
    done = subprocess.run(parent, env=os.environ | block_network(tmp_path), capture_output=True, text=True)
    assert "the network is blocked" in done.stderr
    assert (tmp_path / "outside.txt").read_text() in ("203.0.113.7\n", "huggingface.co\n")


def test_no_process_of_the_run_asked_the_network_for_anything(real_run: RealRun) -> None:
    assert not real_run.outside.exists(), real_run.outside.read_text()


def test_second_run_does_nothing_and_says_the_same(real_run: RealRun) -> None:
    before = real_run.workspace.outputs()
    done = real_run.workspace.finetrace("run", "--json")
    assert (done.returncode, json.loads(done.stdout)["verdict"]["version"]) == (0, 1)
    assert "✓ made" not in done.stderr  # with --json, all that is for people
    assert real_run.workspace.outputs() == before


def test_dvc_has_nothing_to_do_after_the_flow(real_run: RealRun) -> None:
    assert json.loads(real_run.workspace.dvc("status", "--json").stdout) == {}


def test_metrics_and_plots_of_dvc_work_on_what_the_flow_made(real_run: RealRun) -> None:
    shown = json.loads(real_run.workspace.dvc("metrics", "show", "--json").stdout)
    assert 0 <= shown[""]["data"]["data/reports/evaluate.json"]["data"]["accuracy"] <= 1
    plots = real_run.workspace.dvc("plots", "show", "--json")
    drawn = json.loads(plots.stdout)["data"]
    assert sorted(drawn) == ["confusion", "loss", "reliability", "score"]


def test_registered_model_labels_texts_in_a_new_process(real_run: RealRun) -> None:
    done = real_run.workspace.finetrace(
        "predict", "--model", "models:/wishes@challenger", "--json", "the card was not paid", "reset my password code"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [each["label"] for each in json.loads(done.stdout)] == ["payment", "login"]


def test_model_that_nobody_registered_is_told_as_such(real_run: RealRun) -> None:
    done = real_run.workspace.finetrace("predict", "hello", "--model", "models:/other@champion")
    assert done.returncode == 4
    assert "is not registered" in done.stderr


def test_plan_tells_rates_and_cost_without_training(real_run: RealRun) -> None:
    before = real_run.workspace.outputs()
    done = real_run.workspace.finetrace("plan", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {"depths", "cost", "conflicts"} <= json.loads(done.stdout).keys()
    assert real_run.workspace.outputs() == before


def test_status_names_verdict_and_version(real_run: RealRun) -> None:
    found = json.loads(real_run.workspace.finetrace("status", "--json").stdout)
    assert found["versions"] == {"1": ["challenger", "champion"]}
    assert found["verdict"]["passed"] is True
    assert not any(found["stages"].values())


def test_gate_that_says_no_is_exit_code_3_and_leaves_the_registry_as_it_was(real_run: RealRun, server: str) -> None:
    params = real_run.workspace.root / "params.yaml"
    good = params.read_text()  # finetune.calibrate is off there, or the ECE of so easy a set would be 0
    params.write_text(good.replace("beats_baseline: never", "beats_baseline: never, max_ece: 0.0"))
    try:
        done = real_run.workspace.finetrace("run", PREFECT_API_URL=server)
        assert done.returncode == 3
        assert "Gate not passed" in done.stdout
        assert "max_ece" in done.stdout
        found = json.loads(real_run.workspace.finetrace("status", "--json").stdout)
        assert found["versions"] == {"1": ["challenger", "champion"]}
    finally:
        params.write_text(good)
