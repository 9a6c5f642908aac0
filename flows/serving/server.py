"""A Prefect server to talk to: the one configured, the one that `finetrace up` started, or a child of ours."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from flows.processes import child
from flows.processes.lock import make_state_folder
from flows.redact import redact
from flows.serving.prefect_api import credentials
from flows.serving.served import read_noted
from tasks.errors import IntegrityError, SetupError
from tasks.offline import set_switches
from tasks.paths import Paths

CONFIGURED_SECONDS = 15.0
START_SECONDS = 180.0
_LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Server:
    """A Prefect API that answers."""

    url: str
    """Ends in /api."""
    kind: str
    """configured, up (started by `finetrace up`), or embedded (ends with us, shows no pages)."""


def prepare_environment(paths: Paths) -> None:
    """Set what Prefect reads when it is imported: where its files lie, no calls home, no words on the terminal."""
    set_switches()
    if configured_url(os.environ) is None:
        os.environ["PREFECT_HOME"] = str(prefect_home(paths))
    os.environ.setdefault("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "false")  # its server outlives a killed flow
    level = "INFO" if os.environ.get("FINETRACE_DEBUG") else "CRITICAL"
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", level)
    os.environ.setdefault("PREFECT_RESULTS_DEFAULT_SERIALIZER", "json")
    os.environ.setdefault("PREFECT_RESULTS_PERSIST_BY_DEFAULT", "false")
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), _LOCAL, "localhost"]))


def prefect_home(paths: Paths) -> Path:
    """Where the workspace's own Prefect server keeps its database, its owner's alone (as is SQLite's journal)."""
    home = make_state_folder(paths) / "prefect"
    home.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(home / "prefect.db", os.O_CREAT | os.O_RDWR, 0o600))
    return home


def configured_url(environ: Mapping[str, str]) -> str | None:
    """PREFECT_API_URL of the environment or of the person's active profile, without importing Prefect."""
    if environ.get("PREFECT_API_URL"):
        return environ["PREFECT_API_URL"]
    home = Path(environ.get("PREFECT_HOME") or Path(environ.get("HOME", "/")) / ".prefect")
    try:
        profiles = tomllib.loads((home / "profiles.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    name = environ.get("PREFECT_PROFILE") or profiles.get("active", "")
    url = profiles.get("profiles", {}).get(name, {}).get("PREFECT_API_URL")
    return str(url) if url else None


@contextmanager
def prefect_server(paths: Paths) -> Iterator[Server]:
    """A server that answers; one that we had to start ends with the block."""
    url = configured_url(os.environ)
    if url is not None:
        if not answers_within(url, CONFIGURED_SECONDS):
            raise SetupError(
                f"The Prefect server at {redact(url)} (PREFECT_API_URL or your Prefect profile) does not answer. "
                "Start it, or unset it to use an embedded one."
            )
        yield Server(url, "configured")
        return
    running = running_url(paths)
    if running is not None:
        yield Server(running, "up")
        return
    process, url = start_embedded(paths)
    try:
        yield Server(url, "embedded")
    finally:
        child.stop(process)


def running_url(paths: Paths) -> str | None:
    """The API of the server that a living `finetrace up` serves in this workspace."""
    noted = read_noted(paths)
    if noted is None:
        return None
    url = f"{noted['prefect']}/api"
    return url if answers_within(url, 2.0) else None


def start_embedded(paths: Paths) -> tuple[subprocess.Popen[bytes], str]:
    """A small server without pages, as a child; the child and its API, once it answers."""
    extra = {"PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1", "PREFECT_UI_ENABLED": "0"}
    return start_server(paths, free_port(), extra)


def start_server(paths: Paths, port: int, extra: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    """A Prefect server of the workspace on 127.0.0.1:`port`, as a child; the child and its API, once it answers."""
    log = make_state_folder(paths) / "prefect-server.log"
    check_database(prefect_home(paths) / "prefect.db")
    environment = {**os.environ, "PREFECT_HOME": str(prefect_home(paths)), **extra}
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "uvicorn", "--factory", "flows.serving.prefect_app:create"]
    command += ["--host", _LOCAL, "--port", str(port), "--log-level", "error", "--lifespan", "on"]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        process = child.start(command, cwd=paths.root, env=environment, output=output)
    url = f"http://{_LOCAL}:{port}/api"
    if not answers_within(url, START_SECONDS, process):
        is_slow = process.poll() is None
        child.stop(process)
        raise SetupError(
            f"Prefect's server did not answer within {START_SECONDS:g} s. Is the machine busy? Run the same again."
            if is_slow
            else f"Prefect's server does not start; {log} says why. Try `finetrace doctor`."
        )
    return process, url


def check_database(file: Path) -> None:
    """Raise IntegrityError if Prefect's database is none: its server would end without a word."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        raise IntegrityError(
            f"{file} is broken ({error}). It holds the pages of past runs and no data: restore it, or move it away."
        ) from None


def answers_within(url: str, seconds: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether the API answers a question in time; given up at once when `process` ends.

    A filter is asked for, since /health stays green under versions of FastAPI that break every other route.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _asks_well(f"{url}/flows/filter", max(0.5, deadline - time.monotonic())):
            return True
        if process is not None and process.poll() is not None:
            return False
        time.sleep(0.1)
    return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_LOCAL, 0))
        return int(probe.getsockname()[1])


def _asks_well(url: str, timeout_seconds: float) -> bool:
    try:
        request = urllib.request.Request(url, data=b'{"limit": 1}', headers=credentials())  # noqa: S310 - the person's own URL
        with urllib.request.urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)  # there, and Prefect's profile may hold the key
    except (OSError, ValueError, HTTPException):
        return False
