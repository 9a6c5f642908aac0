"""The tools themselves, tried: git, DVC, MLflow's store, Prefect's server, the ports of `finetrace up`."""

import socket
import subprocess
import sys
from collections.abc import Iterator

from flows.processes import child
from flows.serving.server import prepare_environment, start_embedded
from flows.verbs.checks import Check
from tasks.errors import FinetraceError
from tasks.paths import Paths

PORTS = {5000: "MLflow", 4200: "Prefect", 5010: "Receiver"}
_SECONDS = 60


def run(paths: Paths) -> Iterator[Check]:
    """Each tool, the slow ones last."""
    yield check_command("git", ["git", "--version"], paths, "Install git.")
    yield check_repository(paths)
    yield check_command("dvc", [sys.executable, "-m", "dvc", "--version"], paths, "make setup")
    for port, who in PORTS.items():
        yield check_port(port, who)
    yield check_store(paths)
    yield check_server(paths)


def check_command(name: str, command: list[str], paths: Paths, mend: str) -> Check:
    """Does this command answer?"""
    try:
        done = subprocess.run(
            command,
            cwd=paths.root,
            env=child.environment(),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(name, "fail", str(error), mend)
    says = (done.stdout or done.stderr).strip().splitlines()[-1:] or ["says nothing"]
    return Check(name, "ok" if done.returncode == 0 else "fail", says[0], "" if done.returncode == 0 else mend)


def check_repository(paths: Paths) -> Check:
    """Is the folder in git, so that a model can name its code?"""
    found = any((folder / ".git").exists() for folder in (paths.root, *paths.root.parents))
    if found:
        return Check("repository", "ok", "in git")
    return Check(
        "repository", "warn", "not in git: a model cannot name its code", "git init && git add . && git commit"
    )


def check_port(port: int, who: str) -> Check:
    """Could `finetrace up` serve here?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            option = f"--{who.lower()}-port"
            return Check(f"port {port}", "warn", f"taken ({who}'s in `finetrace up`)", f"finetrace up {option} PORT")
    return Check(f"port {port}", "ok", f"free for {who}")


def check_store(paths: Paths) -> Check:
    """Does MLflow's store open?"""
    from tasks.masking import mask_url
    from tasks.tracking.store import open_store

    try:
        store = open_store(paths)
    except FinetraceError as error:
        return Check("mlflow store", "fail", str(error), "See MLFLOW_TRACKING_URI.")
    return Check("mlflow store", "ok", mask_url(store.tracking_uri))


def check_server(paths: Paths) -> Check:
    """Does Prefect's server start and answer a query, not only its health check?"""
    prepare_environment(paths)
    try:
        process, _ = start_embedded(paths)
    except FinetraceError as error:
        return Check("prefect server", "fail", str(error), "make setup")
    child.stop(process)
    return Check("prefect server", "ok", "starts and answers")
