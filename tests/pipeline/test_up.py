"""`finetrace up`: both servers answer, a schedule really fires, and all of it ends together. Stages are fake here."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.pipeline
Workspace = Any  # tests/pipeline/conftest.py
SECONDS = 180


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ask(url: str, body: Any = None) -> Any:
    """What a server answers; one that is busy (503, database locked) is asked again, as Prefect's clients do."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310
    for left in reversed(range(10)):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or not left:
                raise
            time.sleep(1)
    raise AssertionError("not reached")


def _wait(what: Any, process: subprocess.Popen[str]) -> Any:
    """What `what` gives as soon as it gives something."""
    deadline = time.monotonic() + SECONDS
    while not (found := what()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def _in_state(*states: str) -> dict[str, Any]:
    """A filter of flow runs."""
    return {"flow_runs": {"state": {"type": {"any_": states}}}}


def _listening_elsewhere(processes: list[psutil.Process]) -> list[str]:
    """Addresses other than 127.0.0.1 that these processes listen on."""
    found = [each.laddr.ip for process in processes for each in process.net_connections() if each.status == "LISTEN"]
    return [address for address in found if address != "127.0.0.1"]


def test_servers_answer_a_schedule_fires_and_all_end_together(lonely: Workspace) -> None:
    mlflow, prefect = _free_port(), _free_port()
    up = lonely.start("up", "--mlflow-port", str(mlflow), "--prefect-port", str(prefect))
    servers = lonely.root / ".finetrace" / "servers.json"
    _wait(servers.exists, up)
    family = psutil.Process(up.pid).children(recursive=True)
    assert _listening_elsewhere(family) == []

    experiments = _ask(f"http://127.0.0.1:{mlflow}/api/2.0/mlflow/experiments/search?max_results=10")["experiments"]
    assert "finetrace" in [each["name"] for each in experiments]

    api = f"http://127.0.0.1:{prefect}/api"
    deployment = _ask(f"{api}/deployments/name/retrain/local")
    often = {"interval": 15, "anchor_date": "2026-01-01T00:00:00+00:00"}
    schedule = [{"active": True, "schedule": often, "parameters": {"until": "ingest"}}]
    _ask(f"{api}/deployments/{deployment['id']}/schedules", schedule)
    run = _wait(lambda: _ask(f"{api}/flow_runs/filter", _in_state("COMPLETED", "FAILED", "CRASHED")), up)[0]
    assert (run["state"]["type"], run["auto_scheduled"]) == ("COMPLETED", True)
    assert (lonely.root / "data" / "ingested" / "rows.parquet").exists()
    _ask(f"{api}/deployments/{deployment['id']}/pause_deployment", {})
    _wait(lambda: not _ask(f"{api}/flow_runs/filter", _in_state("PENDING", "RUNNING", "SCHEDULED")), up)

    before = len(_ask(f"{api}/flow_runs/filter", _in_state("COMPLETED")))
    shown = lonely.finetrace("run", "--until", "validate")  # uses the server that is there
    assert (shown.returncode, shown.stderr) == (0, "")
    assert len(_ask(f"{api}/flow_runs/filter", _in_state("COMPLETED"))) == before + 1
    assert lonely.finetrace("up").returncode == 6

    up.terminate()
    output, complaint = up.communicate(timeout=60)
    assert (up.returncode, complaint) == (0, "")
    assert f"http://127.0.0.1:{prefect}" in output
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert not servers.exists()


def test_taken_port_is_told_with_the_option_for_another(lonely: Workspace) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        done = lonely.finetrace("up", "--mlflow-port", str(taken))
    assert done.returncode == 6
    assert "--mlflow-port" in done.stderr
