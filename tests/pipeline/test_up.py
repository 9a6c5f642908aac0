"""`finetrace up`: the servers answer, schedules fire, an alias starts a promotion, all ends together. Fake stages."""

import json
import socket
import subprocess
import time
from typing import Any

import psutil
import pytest

from tests.pipeline.service import ask, free_port

pytestmark = pytest.mark.pipeline
Workspace = Any  # tests/pipeline/conftest.py
SECONDS = 180
OPTIONS = {"--mlflow-port", "--prefect-port", "--receiver-port"}


def _wait(what: Any, process: subprocess.Popen[str]) -> Any:
    """What `what` gives as soon as it gives something."""
    deadline = time.monotonic() + SECONDS
    while not (found := what()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def _listening(processes: list[psutil.Process]) -> set[int]:
    """The ports that these processes listen on."""
    return {each.laddr.port for process in processes for each in process.net_connections() if each.status == "LISTEN"}


def _listening_elsewhere(processes: list[psutil.Process]) -> list[str]:
    """Addresses other than 127.0.0.1 that these processes listen on."""
    found = [each.laddr.ip for process in processes for each in process.net_connections() if each.status == "LISTEN"]
    return [address for address in found if address != "127.0.0.1"]


class Up:
    """`finetrace up` of a workspace, and its servers."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        with (workspace.root / "params.yaml").open("a") as params:
            params.write("schedule: {check_minutes: 30}\n")
        self.ports = {f"--{name}-port": free_port() for name in ("mlflow", "prefect", "receiver")}
        self.mlflow, self.prefect, self.receiver = (f"http://127.0.0.1:{port}" for port in self.ports.values())
        self.api = f"{self.prefect}/api"
        self.registry = f"{self.mlflow}/api/2.0/mlflow"
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        """Start it, and return when it says that all is there."""
        options = [str(each) for pair in self.ports.items() for each in pair]
        waits = f"validate:{self.workspace.root / 'home' / 'go'}"
        self.process = self.workspace.start("up", *options, FAKE_WAIT=waits)
        _wait(self._is_noted, self.process)
        return self.process

    def _is_noted(self) -> bool:
        file = self.workspace.root / ".finetrace" / "servers.json"
        return file.exists() and json.loads(file.read_bytes())["pid"] == self.process.pid

    def move_receiver(self) -> int:
        """Another port for the receiver of the next start."""
        self.ports["--receiver-port"] = free_port()
        return self.ports["--receiver-port"]

    def family(self) -> list[psutil.Process]:
        """All its processes but itself."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def runs(self, flow: str, *states: str) -> list[dict[str, Any]]:
        """The flow's runs in these states."""
        asked = {"flow_runs": {"state": {"type": {"any_": states}}}, "flows": {"name": {"any_": [flow]}}}
        found: list[dict[str, Any]] = ask(f"{self.api}/flow_runs/filter", asked)
        return found

    def ended(self, flow: str) -> dict[str, Any]:
        """The flow's run that has ended, waited for."""
        run: dict[str, Any] = _wait(lambda: self.runs(flow, "COMPLETED", "FAILED", "CRASHED"), self.process)[0]
        return run

    def webhooks(self) -> list[dict[str, Any]]:
        """What MLflow's server calls."""
        return ask(f"{self.registry}/webhooks?max_results=10").get("webhooks", [])  # type: ignore[no-any-return]

    def set_champion(self) -> None:
        """Set the alias as MLflow's pages do; the version is made first."""
        ask(f"{self.registry}/registered-models/create", {"name": "wishes"})
        run = ask(f"{self.registry}/runs/create", {"experiment_id": "1"})["run"]["info"]
        source = {"name": "wishes", "run_id": run["run_id"], "source": f"{run['artifact_uri']}/model"}
        ask(f"{self.registry}/model-versions/create", source)
        ask(f"{self.registry}/registered-models/alias", {"name": "wishes", "alias": "champion", "version": "1"})


def test_schedules_fire_an_alias_starts_a_promotion_and_nothing_outlives_up_however_it_ends(lonely: Workspace) -> None:
    up = Up(lonely)
    family = up.family()
    assert _listening_elsewhere(family) == []
    assert _listening(family) >= set(up.ports.values())
    experiments = ask(f"{up.registry}/experiments/search?max_results=10")["experiments"]
    assert "finetrace" in [each["name"] for each in experiments]

    reaped = up.ended("reap")  # by the clock, without anybody's doing
    assert (reaped["state"]["type"], reaped["auto_scheduled"]) == ("COMPLETED", True)

    webhooks = up.webhooks()
    assert [each["url"] for each in webhooks] == [f"{up.receiver}/mlflow"]
    up.set_champion()
    asked = up.ended("promote")
    assert asked["parameters"] == {"workspace": str(lonely.root), "version": 1, "via": "ui"}

    deployment = ask(f"{up.api}/deployments/name/retrain/local")
    assert deployment["global_concurrency_limit"]["limit"] == 1
    started = {"parameters": {"until": "ingest"}, "state": {"type": "SCHEDULED"}}
    ask(f"{up.api}/deployments/{deployment['id']}/create_flow_run", started)
    assert up.ended("retrain")["state"]["type"] == "COMPLETED"
    assert (lonely.root / "data" / "ingested" / "rows.parquet").exists()

    before = len(up.runs("retrain", "COMPLETED"))
    shown = lonely.finetrace("run", "--until", "validate")  # uses the server that is there
    assert (shown.returncode, shown.stderr) == (0, "")
    assert len(up.runs("retrain", "COMPLETED")) == before + 1
    assert lonely.finetrace("up").returncode == 6

    body = {"parameters": {"until": "validate", "force": True}, "state": {"type": "SCHEDULED"}}
    ask(f"{up.api}/deployments/{deployment['id']}/create_flow_run", body)
    _wait((lonely.root / "home" / "waiting").exists, up.process)
    family, keys = up.family(), (lonely.root / ".finetrace" / "webhook.json").read_bytes()
    up.process.kill()
    up.process.communicate(timeout=15)  # nobody holds its pipe
    assert psutil.wait_procs(family, timeout=15)[1] == []

    up.receiver = f"http://127.0.0.1:{up.move_receiver()}"
    up.start()
    crashed = _wait(lambda: up.runs("retrain", "CRASHED"), up.process)
    assert [each["state"]["message"] for each in crashed] == ["Its process is gone."]
    assert [each["url"] for each in up.webhooks()] == [f"{up.receiver}/mlflow"]
    assert (lonely.root / ".finetrace" / "webhook.json").read_bytes() == keys

    family, ended = up.family(), lonely.finetrace("down")
    output, complaint = up.process.communicate(timeout=60)
    assert (ended.returncode, up.process.returncode, complaint) == (0, 0, "")
    assert up.prefect in output
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert not (lonely.root / ".finetrace" / "servers.json").exists()


@pytest.mark.parametrize("option", ["--mlflow-port", "--prefect-port", "--receiver-port"])
def test_taken_port_is_told_with_the_option_for_another(lonely: Workspace, option: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        free = [each for name in sorted(OPTIONS - {option}) for each in (name, str(free_port()))]
        done = lonely.finetrace("up", option, str(taken), *free)
    assert done.returncode == 6
    assert done.stderr.startswith(f"Busy: Port {taken} is taken.")
    assert option in done.stderr
