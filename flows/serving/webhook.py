"""MLflow's server told to call our receiver when an alias is set or taken away; once, whatever was there before"""

import base64
import hashlib
import json
import os
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

from flows.serving.receiver_address import receiver_url
from flows.serving.secret_keys import Keys
from tasks.errors import SetupError
from tasks.paths import Paths

EVENTS = [{"entity": "MODEL_VERSION_ALIAS", "action": action} for action in ("CREATED", "DELETED")]
SERVER_SWITCHES = {"MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}
"""Without them MLflow calls no address of this machine; given to the server that `finetrace up` starts, to no other."""


def server_environment(keys: Keys) -> dict[str, str]:
    """What MLflow's server must be told so that it can call us, also after a restart."""
    return {**SERVER_SWITCHES, "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": keys.encryption}


def ensure_webhook(mlflow: str, paths: Paths, keys: Keys, port: int) -> None:
    """Have exactly one webhook of this workspace, to this port. Raises SetupError if the server does not agree."""
    url, name, mark = receiver_url(port), webhook_name(paths), fingerprint(keys)
    try:
        found = _ask(mlflow, "GET", "?max_results=100").get("webhooks", [])
        stale, is_there = sort_out(found, name=name, url=url, mark=mark)
        for each in stale:
            _ask(mlflow, "DELETE", f"/{each}")
        if not is_there:
            wanted = {"name": name, "url": url, "events": EVENTS, "secret": keys.secret, "status": "ACTIVE"}
            _ask(mlflow, "POST", "", wanted | {"description": mark})
    except (OSError, HTTPException, ValueError) as error:
        raise SetupError(f"MLflow's server takes no webhook: {_told(error)}") from None


def sort_out(webhooks: Sequence[Mapping[str, Any]], *, name: str, url: str, mark: str) -> tuple[list[str], bool]:
    """The ids of our own webhooks that must go, and whether the right one is there."""
    ours = [each for each in webhooks if each.get("name") == name]
    wanted = {(event["entity"], event["action"]) for event in EVENTS}

    def is_right(each: Mapping[str, Any]) -> bool:
        events = {(event.get("entity"), event.get("action")) for event in each.get("events", [])}
        told = (each.get("url"), each.get("description"), each.get("status"))
        return told == (url, mark, "ACTIVE") and events == wanted

    right = [str(each["webhook_id"]) for each in ours if is_right(each)]
    return [str(each["webhook_id"]) for each in ours if each["webhook_id"] not in right[:1]], bool(right)


def drop_unreadable(database: Path | None, paths: Paths) -> None:
    """Delete our webhook from the workspace's store when its key was lost.

    MLflow then could read no webhook any more, and would deliver none at all, to anybody.
    """
    if database is None or not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection, connection, suppress(sqlite3.OperationalError):
        where = "WHERE webhook_id IN (SELECT webhook_id FROM webhooks WHERE name = ?)"
        connection.execute(f"DELETE FROM webhook_events {where}", (webhook_name(paths),))  # noqa: S608 - our own words
        connection.execute("DELETE FROM webhooks WHERE name = ?", (webhook_name(paths),))


def webhook_name(paths: Paths) -> str:
    """The same for ever for one workspace: several may share a server."""
    return f"finetrace-{hashlib.sha256(str(paths.root.resolve()).encode()).hexdigest()[:10]}"


def fingerprint(keys: Keys) -> str:
    """Says in the description which secret it is, without saying the secret."""
    return f"finetrace's receiver, key {hashlib.sha256(keys.secret.encode()).hexdigest()[:12]}"


def _ask(mlflow: str, method: str, tail: str, body: Any = None) -> Any:
    url = f"{mlflow}/api/2.0/mlflow/webhooks{tail}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=login())  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
        return json.loads(answer.read() or b"{}")


def login() -> dict[str, str]:
    """Headers of a request, with the name and password that MLflow's own client would use."""
    headers = {"Content-Type": "application/json"}
    user, password = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        headers["Authorization"] = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    return headers


def _told(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403):
        return "it wants a name and a password. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
    return f"{error}. See .finetrace/mlflow-server.log; without it the reconciler alone looks at aliases."
