"""A running `finetrace up`, as somebody with a web browser and a command line sees it."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

SECONDS = 240
NAME = "wishes"


@dataclass
class Service:
    """A running `finetrace up` in a workspace."""

    workspace: Any
    up: subprocess.Popen[str]
    mlflow: str
    prefect: str

    def finetrace(self, *arguments: str, code: int = 0) -> str:
        """What a command prints; it must end with this code."""
        done = self.workspace.finetrace(*arguments)
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
        return str(done.stdout)

    def wait(self, what: Callable[[], Any]) -> Any:
        """What `what` gives as soon as it gives something."""
        deadline = time.monotonic() + SECONDS
        while not (found := what()):
            assert self.up.poll() is None, self.up.communicate()
            assert time.monotonic() < deadline, self.state()
            time.sleep(0.3)
        return found

    def versions(self) -> dict[int, dict[str, Any]]:
        """Every version with its aliases and tags."""
        asked = f"{self.mlflow}/api/2.0/mlflow/model-versions/search?filter=name%3D%27{NAME}%27&max_results=100"
        found = ask(asked).get("model_versions", [])
        model = (
            ask(f"{self.mlflow}/api/2.0/mlflow/registered-models/get?name={NAME}")["registered_model"] if found else {}
        )
        aliases = [(each["alias"], int(each["version"])) for each in model.get("aliases", [])]
        return {
            int(each["version"]): {
                "aliases": sorted(alias for alias, version in aliases if version == int(each["version"])),
                "tags": {tag["key"]: tag["value"] for tag in each.get("tags", [])},
                "description": each.get("description", ""),
            }
            for each in found
        }

    def told(self, version: int) -> str:
        """What the version's page says of its promotion."""
        return str(self.versions()[version]["tags"].get("promotion", ""))

    def champion(self) -> int | None:
        return next((number for number, each in self.versions().items() if "champion" in each["aliases"]), None)

    def set_champion(self, version: int) -> None:
        """As MLflow's pages do it."""
        body = {"name": NAME, "alias": "champion", "version": str(version)}
        ask(f"{self.mlflow}/api/2.0/mlflow/registered-models/alias", body)

    def history(self) -> list[dict[str, Any]]:
        """The ledger's entries, the oldest first."""
        found: list[dict[str, Any]] = json.loads(self.finetrace("history", "--json"))["entries"]
        return sorted(found, key=lambda each: each["entry"])

    def runs(self, flow: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(f"{self.prefect}/api/flow_runs/filter", {"flows": {"name": {"any_": [flow]}}})
        return found

    def start_deployment(self, name: str) -> None:
        deployment = ask(f"{self.prefect}/api/deployments/name/{name}")
        ask(f"{self.prefect}/api/deployments/{deployment['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})

    def state(self) -> str:
        logs = {file.name: file.read_text()[-2_000:] for file in (self.workspace.root / ".finetrace").glob("*.log")}
        return json.dumps([self.versions(), self.runs("promote"), self.runs("retrain"), logs], indent=1)[-20_000:]


def ask(url: str, body: Any = None) -> Any:
    """What a server answers; one that is busy is asked again."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310
    for left in reversed(range(10)):
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or not left:
                raise
            time.sleep(1)
    raise AssertionError("not reached")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
