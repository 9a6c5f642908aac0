"""MLflow's server of a workspace, on 127.0.0.1, allowed to call our receiver"""

import importlib.util
import os
import secrets
import sys
from pathlib import Path

from flows.processes.lock import make_state_folder
from flows.serving.secret_keys import Keys
from flows.serving.webhook import login, server_environment
from tasks.errors import SetupError
from tasks.files import replacing
from tasks.paths import Paths

HOST = "127.0.0.1"
AUTH_PASSWORD, AUTH_SESSION = "MLFLOW_AUTH_ADMIN_PASSWORD", "MLFLOW_FLASK_SERVER_SECRET_KEY"
AUTH_INI = """\
[mlflow]
default_permission = READ
database_uri = sqlite:///{database}
admin_username = {user}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""
"""MLflow's own file names a database relative to the folder that the server was started in: each folder its users."""


def command(paths: Paths, port: int, *, tracking: str, registry: str, auth: bool) -> list[str]:
    """How the server is started."""
    made = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    made += ["--backend-store-uri", tracking, "--registry-store-uri", registry]
    made += ["--artifacts-destination", str(paths.root / "mlartifacts")]
    return [*made, "--app-name", "basic-auth"] if auth else made


def environment(paths: Paths, keys: Keys, *, auth: bool) -> dict[str, str]:
    """What the server is told beside our own environment."""
    told = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **server_environment(keys)}
    if auth:
        told["MLFLOW_AUTH_CONFIG_PATH"] = str(_auth_file(paths))
        told[AUTH_SESSION] = os.environ.get(AUTH_SESSION) or secrets.token_urlsafe(32)
    return told


def check_auth(paths: Paths) -> None:
    """Raise SetupError, before anything is started, if a server that asks for names could not start."""
    if importlib.util.find_spec("flask_wtf") is None:
        raise SetupError("--auth needs Flask-WTF, which is not installed. Install it: pip install 'mlflow[auth]'")
    if not has_users(paths) and not os.environ.get(AUTH_PASSWORD):
        raise SetupError(f"--auth: nobody may log in yet. Put the first password (12 characters) into {AUTH_PASSWORD}.")


def has_users(paths: Paths) -> bool:
    """Whether MLflow has made its users' database before."""
    file = auth_database(paths)
    return file.exists() and file.stat().st_size > 0


def auth_database(paths: Paths) -> Path:
    """Where MLflow keeps who may log in."""
    return paths.root.resolve() / ".finetrace" / "mlflow-users.db"


def health_request(url: str) -> tuple[str, dict[str, str]]:
    """A question that only a working server answers: a search in its database, not its /health."""
    return f"{url}/api/2.0/mlflow/experiments/search?max_results=1", login()


def _auth_file(paths: Paths) -> Path:
    file = make_state_folder(paths) / "mlflow-auth.ini"
    user = os.environ.get("MLFLOW_AUTH_ADMIN_USERNAME", "admin")
    os.close(os.open(auth_database(paths), os.O_CREAT | os.O_RDWR, 0o600))
    with replacing(file) as temporary:
        temporary.write_text(AUTH_INI.format(database=auth_database(paths), user=user), encoding="utf-8")
    return file
