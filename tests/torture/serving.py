"""`finetrace up` in a place, as a case sees it: over the wire"""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any

from tests.torture.case import require
from tests.torture.commands import Done, Running
from tests.torture.workspace import Workspace

SECONDS = 180.0
NAMES = ("mlflow", "prefect", "receiver")


class Servers:
    """What is served, and where."""

    def __init__(self, workspace: Workspace, running: Running, ports: dict[str, int]) -> None:
        self.workspace, self.running, self.ports = workspace, running, ports
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        self.registry = f"{self.urls['mlflow']}/api/2.0/mlflow"
        self.prefect = f"{self.urls['prefect']}/api"

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """All runs of a flow that have begun, the newest first."""
        question = {"flows": {"name": {"any_": [flow]}}, "sort": "START_TIME_DESC"}
        found = json.loads(ask(f"{self.prefect}/flow_runs/filter", question)[1])
        return [each for each in found if each["start_time"]]

    def events(self) -> int:
        """How many events of ours Prefect knows."""
        question = {"filter": {"event": {"prefix": ["finetrace."]}}}
        return int(json.loads(ask(f"{self.prefect}/events/filter", question)[1])["total"])


@contextmanager
def served(workspace: Workspace) -> Iterator[Servers]:
    """`finetrace up` for the block, ended by `finetrace down` if it has not ended."""
    ports = {name: free_port() for name in NAMES}
    options = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
    running = workspace.start("-m", "flows.cli", "up", *options)
    servers = Servers(workspace, running, ports)
    try:
        ready = running.wait_until(lambda: _is_noted(workspace, running.pid), SECONDS)
        require(ready, "`finetrace up` does not come up")
        yield servers
    finally:
        workspace.finetrace("down")
        workspace.finish(running, 30)


def _is_noted(workspace: Workspace, pid: int) -> bool:
    file = workspace.root / ".finetrace/servers.json"
    return file.exists() and json.loads(file.read_bytes())["pid"] == pid


def wait_for(what: Callable[[], Any], words: str, seconds: float = SECONDS) -> Any:
    """What it gives as soon as it gives something. Raises NotHeldError after the seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError, HTTPException, ValueError):
            if found := what():
                return found
        time.sleep(0.2)
    return require(False, f"{words}: not within {seconds:g} s")


def ask(url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of an answer; bytes are sent as they are, other values as JSON."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    told = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data=data, headers=told)  # noqa: S310 - a server of the case
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def down(servers: Servers) -> Done:
    """`finetrace down`"""
    return servers.workspace.finetrace("down")
