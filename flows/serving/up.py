"""All servers of a workspace on 127.0.0.1 and its flows ready to start, until told to stop."""

import os
import socket
import sys
from contextlib import ExitStack
from datetime import UTC, datetime

from rich.console import Console

from flows.processes.interrupt import sigterm_as_interrupt
from flows.serving import mlflow_server
from flows.serving.children import Children, answers
from flows.serving.first_fire import tell_later
from flows.serving.receiver_address import HOST, health_url
from flows.serving.secret_keys import Keys, ensure_keys
from flows.serving.served import noted
from flows.serving.server import configured_url, prefect_home, prepare_environment, start_server
from flows.serving.starting import only_one
from flows.serving.webhook import drop_unreadable, ensure_webhook
from flows.verbs.terminal import make_console
from tasks.config import load_config
from tasks.errors import BusyError, SetupError
from tasks.operations import ScheduleSettings
from tasks.paths import Paths

SILENT = (
    "[yellow]![/] No schedule has fired in this time, though the servers answer: nothing will start by itself. "
    "`finetrace doctor` looks for versions that do not fit; .finetrace/deployments.log says more."
)


def serve_all(paths: Paths, *, mlflow_port: int, prefect_port: int, receiver_port: int, auth: bool = False) -> None:
    """Start what is not there yet, print where it is, and wait for Ctrl-C or SIGTERM; then end all of it."""
    console = make_console(stderr=False)
    config = load_config(paths.params)
    if auth:
        mlflow_server.check_auth(paths)
    prepare_environment(paths)
    with ExitStack() as stack:
        stack.enter_context(sigterm_as_interrupt())
        stack.enter_context(only_one(paths))
        _check_ports(paths, mlflow_port, prefect_port, receiver_port)
        console.print("Starting …")
        children, since = Children(paths, stack), datetime.now(UTC).isoformat()
        keys = _start_mlflow(paths, children, mlflow_port, auth=auth)
        os.environ.pop(mlflow_server.AUTH_PASSWORD, None)  # no other child needs it
        prefect = _prefect(paths, children, prefect_port)
        os.environ["PREFECT_API_URL"] = f"{prefect}/api"
        _start_receiver(paths, children, receiver_port, keys)
        children.start("deployments", [sys.executable, "-m", "flows.serving.deployment", str(paths.root)])
        mlflow = _mlflow_url(paths, children, mlflow_port, keys)
        if keys is not None:
            _connect(console, mlflow, paths, keys, receiver_port)
        children.wait_for("deployments", lambda: answers(f"{prefect}/api/deployments/name/reap/local"))
        pages = {"mlflow": f"{mlflow}/?workflowType=machine_learning", "prefect": prefect}
        stack.enter_context(noted(paths, {"prefect": prefect, "pages": pages, "children": children.pids()}))
        _welcome(console, pages, config.schedule)
        every = config.schedule.check_minutes * 60
        tell_later(f"{prefect}/api", since, every, lambda fired: None if fired else console.print(SILENT))
        children.watch()


def _start_mlflow(paths: Paths, children: Children, port: int, *, auth: bool) -> Keys | None:
    """Start MLflow's server; the keys of its webhook, or None if somebody else runs the server."""
    from tasks.tracking.store import database, open_store

    store = open_store(paths)  # made here, under its lock: two first starts at once would crash
    if _is_server(store.tracking_uri):
        return None
    keys, are_new = ensure_keys(paths)
    if are_new:
        drop_unreadable(database(store.registry_uri), paths)
    command = mlflow_server.command(paths, port, tracking=store.tracking_uri, registry=store.registry_uri, auth=auth)
    children.start("mlflow-server", command, mlflow_server.environment(paths, keys, auth=auth))
    return keys


def _mlflow_url(paths: Paths, children: Children, port: int, keys: Keys | None) -> str:
    """The address of MLflow's pages, once it answers a search."""
    from tasks.tracking.store import tracking_uri

    if keys is None:
        return tracking_uri(paths).rstrip("/")
    url = f"http://{HOST}:{port}"
    children.wait_for("mlflow-server", lambda: answers(*mlflow_server.health_request(url)))
    return url


def _prefect(paths: Paths, children: Children, port: int) -> str:
    """The address of Prefect's pages, once its server answers a filter."""
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
    process, _ = start_server(paths, port, extra)
    children.adopt("prefect-server", process)
    return url


def _start_receiver(paths: Paths, children: Children, port: int, keys: Keys | None) -> None:
    if keys is not None:
        children.start("receiver", [sys.executable, "-m", "flows.serving.receiver", str(paths.root), str(port)])
        children.wait_for("receiver", lambda: answers(health_url(port)))


def _connect(console: Console, mlflow: str, paths: Paths, keys: Keys, port: int) -> None:
    """Have MLflow call the receiver; without that the reconciler alone looks, every few minutes."""
    try:
        ensure_webhook(mlflow, paths, keys, port)
    except SetupError as error:
        console.print(f"! {error}", markup=False)


def _welcome(console: Console, pages: dict[str, str], schedule: ScheduleSettings) -> None:
    console.print(f"MLflow   {pages['mlflow']}\nPrefect  {pages['prefect']}   (start runs at Deployments → retrain)")
    console.print(f"Retrain  {_when(schedule)}", markup=False)
    console.print("Ctrl-C, or `finetrace down` elsewhere, ends all.")


def _when(schedule: ScheduleSettings) -> str:
    """When retraining starts by itself, in words."""
    found = [f"at {schedule.cron} ({schedule.timezone})"] if schedule.cron else []
    found += ["on new data"] if schedule.on_data_change else []
    where = ", in a clean clone" if schedule.clean_clone and found else ""
    return " and ".join(found) + where if found else "only when asked (schedule in params.yaml)"


def _is_server(uri: str) -> bool:
    return uri.startswith(("http://", "https://"))


def _check_ports(paths: Paths, mlflow_port: int, prefect_port: int, receiver_port: int) -> None:
    """Raise BusyError if a port that we shall need is taken."""
    from tasks.tracking.store import tracking_uri

    needed: dict[str, int] = {}
    if not _is_server(tracking_uri(paths)):
        needed |= {"--mlflow-port": mlflow_port, "--receiver-port": receiver_port}
    if configured_url(os.environ) is None:
        needed["--prefect-port"] = prefect_port
    for option, port in needed.items():
        _check_free(port, option)
    if len(set(needed.values())) < len(needed):
        raise BusyError(f"{' and '.join(needed)} must be different ports. Choose others.")


def _check_free(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise BusyError(f"Port {port} is taken. Choose another: finetrace up {option} PORT") from None
