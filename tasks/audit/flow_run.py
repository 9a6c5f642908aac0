"""A flow run's id → what Prefect remembers of it, by its API or in the workspace's own database"""

import json
import os
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import UUID

from tasks.audit.witnesses import FlowRun, Unreached
from tasks.masking import mask_url, mask_values
from tasks.paths import Paths

_SECONDS = 5.0
_RESOURCE = "prefect.flow-run."
_ASK = "SELECT f.name, r.state_type, r.parameters FROM flow_run r JOIN flow f ON f.id = r.flow_id WHERE r.id IN (?, ?)"
_EVENTS = "SELECT DISTINCT event FROM events WHERE resource_id = ?"


def read_flow_run(paths: Paths, flow_run_id: str, api: str) -> FlowRun | Unreached:
    """The flow run. api: an address that ends in /api, "" to look into the workspace's own database."""
    if not flow_run_id:
        return Unreached("no flow run is recorded: it was made without Prefect")
    try:
        UUID(flow_run_id)
    except ValueError:
        return Unreached(f"{flow_run_id[:40]!r} is no flow run's id", is_broken=True)
    return _by_api(api, flow_run_id) if api else _in_database(paths.state / "prefect" / "prefect.db", flow_run_id)


def _by_api(api: str, flow_run_id: str) -> FlowRun | Unreached:
    try:
        run = _get(f"{api}/flow_runs/{flow_run_id}")
        flow = _get(f"{api}/flows/{run['flow_id']}")
        of_run = {
            "resource": {"id": [f"{_RESOURCE}{flow_run_id}"]},
            "order": "DESC",
        }  # the newest: a long run has many heartbeats
        asked = {"filter": of_run, "limit": 50}
        events = frozenset(
            str(each["event"]).rpartition(".")[2] for each in _get(f"{api}/events/filter", asked)["events"]
        )
        parameters = mask_values(run["parameters"])
        return FlowRun(str(flow["name"]), str(run["state_type"]), parameters, events, mask_url(api))
    except urllib.error.HTTPError as error:
        return Unreached(f"the Prefect server at {mask_url(api)} does not know it (HTTP {error.code})")
    except (OSError, ValueError, KeyError, TypeError, HTTPException) as error:
        return Unreached(f"the Prefect server at {mask_url(api)} does not answer ({type(error).__name__})")


def _get(url: str, asked: Any = None) -> Any:
    key = os.environ.get("PREFECT_API_KEY")
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = None if asked is None else json.dumps(asked).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - the person's own server
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        return json.load(answer)


def _in_database(file: Path, flow_run_id: str) -> FlowRun | Unreached:
    if not file.exists():
        return Unreached("no Prefect server is running, and this workspace has none of its own")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute(_ASK, (flow_run_id, flow_run_id.replace("-", ""))).fetchone()
            told = connection.execute(_EVENTS, (f"{_RESOURCE}{flow_run_id}",)).fetchall()
    except sqlite3.Error as error:
        return Unreached(f"{file} cannot be read ({error})")
    if row is None:
        return Unreached("this workspace's Prefect does not know it: it ran elsewhere, or was removed")
    events = frozenset(str(event).rpartition(".")[2] for (event,) in told)
    return FlowRun(str(row[0]), str(row[1]), mask_values(json.loads(row[2] or "{}")), events, "its database here")
