"""How MLflow's server is started: on 127.0.0.1, and with a login only where it can keep one."""

import configparser
import importlib.util
from typing import Any

import pytest

from flows.serving import mlflow_server
from flows.serving.secret_keys import Keys
from tasks.errors import SetupError
from tasks.paths import Paths

KEYS = Keys(secret="s" * 32, encryption="e" * 44)


def _installed(monkeypatch: pytest.MonkeyPatch, *, is_there: bool) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if is_there else None)


@pytest.mark.parametrize("auth", [False, True])
def test_server_listens_on_this_machine_alone(paths: Paths, auth: bool) -> None:
    command = mlflow_server.command(paths, 5000, tracking="sqlite:////x", registry="sqlite:////x", auth=auth)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert ("basic-auth" in command) is auth


def test_users_are_kept_at_one_place_wherever_the_server_is_started(paths: Paths) -> None:
    told = mlflow_server.environment(paths, KEYS, auth=True)
    written = configparser.ConfigParser()
    written.read(told["MLFLOW_AUTH_CONFIG_PATH"])
    assert written["mlflow"]["database_uri"] == f"sqlite:///{mlflow_server.auth_database(paths)}"
    assert "admin_password" not in written["mlflow"]
    assert mlflow_server.auth_database(paths).is_absolute()
    assert mlflow_server.auth_database(paths).stat().st_mode & 0o777 == 0o600
    assert len(told["MLFLOW_FLASK_SERVER_SECRET_KEY"]) >= 32


def test_login_is_refused_before_any_start_where_it_cannot_work(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(mlflow_server.AUTH_PASSWORD, raising=False)
    _installed(monkeypatch, is_there=False)
    with pytest.raises(SetupError, match="not installed"):
        mlflow_server.check_auth(paths)
    _installed(monkeypatch, is_there=True)
    mlflow_server.environment(paths, KEYS, auth=True)  # makes the empty file; nobody may log in by that
    with pytest.raises(SetupError, match=mlflow_server.AUTH_PASSWORD):
        mlflow_server.check_auth(paths)
    monkeypatch.setenv(mlflow_server.AUTH_PASSWORD, "a long password")
    mlflow_server.check_auth(paths)


def test_private_addresses_are_allowed_to_this_server_and_the_key_lasts(paths: Paths) -> None:
    told: dict[str, Any] = mlflow_server.environment(paths, KEYS, auth=False)
    assert told["MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"] == "true"
    assert told["MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"] == KEYS.encryption
