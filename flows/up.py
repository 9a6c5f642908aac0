"""MLflow's and Prefect's pages on 127.0.0.1, and the flow ready to be started there, until told to stop."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from flows import child
from flows.interrupt import sigterm_as_interrupt
from flows.server import configured_url, prefect_home, prepare_environment, running_url, start_server
from flows.terminal import make_console
from tasks.errors import BusyError, SetupError
from tasks.files import write_json
from tasks.paths import Paths

HOST = "127.0.0.1"
START_SECONDS = 180.0
Child = subprocess.Popen[bytes]


def serve_all(paths: Paths, *, mlflow_port: int, prefect_port: int) -> None:
    """Start what is not there yet, print where it is, and wait for Ctrl-C or SIGTERM; then end all of it."""
    console = make_console(stderr=False)
    prepare_environment(paths)
    if running_url(paths) is not None:
        raise BusyError(f"`finetrace up` already serves {paths.root}: see `finetrace status`.")
    _check_ports(paths, mlflow_port, prefect_port)
    children: dict[str, Child] = {}
    with ExitStack() as stack:
        stack.enter_context(sigterm_as_interrupt())
        console.print("Starting …")
        mlflow = _mlflow(paths, mlflow_port, children, stack)
        prefect = _prefect(paths, prefect_port, children, stack)
        os.environ["PREFECT_API_URL"] = f"{prefect}/api"
        children["deployment"] = _start(
            paths, "deployment", [sys.executable, "-m", "flows.deployment", str(paths.root)]
        )
        stack.callback(child.stop, children["deployment"])
        wait_for_deployment(f"{prefect}/api", children["deployment"])
        pages = {"mlflow": f"{mlflow}/?workflowType=machine_learning", "prefect": prefect}
        stack.enter_context(_noted(paths, prefect, pages))
        console.print(
            f"MLflow   {pages['mlflow']}\nPrefect  {pages['prefect']}   (start runs at Deployments → retrain)"
        )
        console.print("Ctrl-C ends both.")
        _watch(paths, children)


def _mlflow(paths: Paths, port: int, children: dict[str, Child], stack: ExitStack) -> str:
    """The address of MLflow's pages; a server somebody else runs is not started again."""
    from tasks.tracking.store import open_store

    store = open_store(paths)  # made here, under its lock: two first starts at once would crash
    if _is_server(store.tracking_uri):
        return store.tracking_uri
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", store.tracking_uri, "--registry-store-uri", store.registry_uri]
    command += ["--artifacts-destination", str(paths.root / "mlartifacts")]
    children["mlflow"] = _start(paths, "mlflow-server", command, {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    stack.callback(child.stop, children["mlflow"])
    url = f"http://{HOST}:{port}"
    _wait(f"{url}/api/2.0/mlflow/experiments/search?max_results=1", children["mlflow"], paths, "mlflow-server")
    return url


def _prefect(paths: Paths, port: int, children: dict[str, Child], stack: ExitStack) -> str:
    """The address of Prefect's pages."""
    configured = configured_url(os.environ)
    if configured is not None:
        return configured.removesuffix("/").removesuffix("/api")
    url = f"http://{HOST}:{port}"
    static = prefect_home(paths) / "pages"  # else they are copied into the installed package
    extra = {
        "PREFECT_UI_API_URL": f"{url}/api",
        "PREFECT_UI_STATIC_DIRECTORY": str(static),
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # those pages call a tracker on the internet
    }
    children["prefect"], _ = start_server(paths, port, extra)
    stack.callback(child.stop, children["prefect"])
    return url


def wait_for_deployment(api: str, process: Child) -> None:
    """Return when the deployment can be started. Raises SetupError if its process ends."""
    request = urllib.request.Request(f"{api}/deployments/name/retrain/local")  # noqa: S310 - our own server
    _wait_for(request, process, "The deployment does not start; .finetrace/deployment.log says why.")


def _start(paths: Paths, name: str, command: list[str], extra: dict[str, str] | None = None) -> Child:
    log = paths.state / f"{name}.log"
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        return child.start(command, cwd=paths.root, env=child.environment(extra), output=output)


def _wait(url: str, process: Child, paths: Paths, log: str) -> None:
    request = urllib.request.Request(url)  # noqa: S310 - our own server
    _wait_for(request, process, f"{log} does not start; {paths.state / log}.log says why. Try `finetrace doctor`.")


def _wait_for(request: urllib.request.Request, process: Child, complaint: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.2)
    raise SetupError(complaint)


def _is_server(uri: str) -> bool:
    return uri.startswith(("http://", "https://"))


def _check_ports(paths: Paths, mlflow_port: int, prefect_port: int) -> None:
    """Raise BusyError if a port that we shall need is taken."""
    from tasks.tracking.store import tracking_uri

    if not _is_server(tracking_uri(paths)):
        _check_free(mlflow_port, "--mlflow-port")
    if configured_url(os.environ) is None:
        _check_free(prefect_port, "--prefect-port")


def _check_free(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise BusyError(f"Port {port} is taken. Choose another: finetrace up {option} PORT") from None


@contextmanager
def _noted(paths: Paths, prefect: str, pages: dict[str, str]) -> Iterator[None]:
    """While the block lasts, other commands find the servers."""
    file: Path = paths.state / "servers.json"
    me: dict[str, Any] = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    write_json(file, {**me, "prefect": prefect, "pages": pages})
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _watch(paths: Paths, children: dict[str, Child]) -> None:
    """Wait until told to stop. Raises SetupError if one of the children ends by itself."""
    try:
        while True:
            for name, process in children.items():
                if process.poll() is not None:
                    raise SetupError(f"{name} ended by itself; see {paths.state}. Start again: finetrace up")
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
