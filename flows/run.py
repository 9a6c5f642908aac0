"""One `finetrace run`: nothing if nothing has changed, else the flow with a server to talk to."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flows.news import Outcome, tell
from flows.processes.lock import workspace_lock
from flows.processes.stage_inputs import damage_of
from flows.processes.stages import check_sections, stale_stages
from flows.processes.workshop import open_workshop
from flows.publish import standing_verdict
from flows.serving.server import Server, prefect_server, prepare_environment
from tasks.config import load_config
from tasks.damage import refuse_damage
from tasks.errors import GateError
from tasks.files import read_json
from tasks.model.limits import check_before_run
from tasks.paths import Paths
from tasks.stages import PUBLISHING, STAGES, up_to


def run(paths: Paths, *, until: str = PUBLISHING, force: bool = False) -> dict[str, Any]:
    """Bring the workspace up to date; what the gate says, or {} if `until` is an earlier stage.

    Raises what the flow ended with, but for a refusal of the gate, which the verdict tells.
    """
    config = load_config(paths.params)
    with workspace_lock(paths), open_workshop(paths):
        check_sections(paths)
        if not force and not stale_stages(paths).keys() & set(up_to(until)):
            refuse_damage(damage_of(paths, up_to(until)))
            verdict = {} if until != PUBLISHING else standing_verdict(paths, config)
            if verdict is not None:
                _tell_unchanged(paths, until)
                return verdict
        check_before_run(config.base, paths.root)
        with flow_session(paths):
            from flows.retrain import retrain  # late: imports Prefect, which reads its settings then

            stage: Any = until  # Prefect checks that it is one
            try:
                done = retrain(workspace=str(paths.root), until=stage, force=force)
            except GateError:  # the flow has failed as it should; the verdict says why
                done = {"verdict": read_json(paths.report(PUBLISHING))}
    return done.get("verdict", {})


@contextmanager
def flow_session(paths: Paths) -> Iterator[Server]:
    """A Prefect server for the flows of the block; what they have to say reaches it before it ends."""
    prepare_environment(paths)
    with prefect_server(paths) as server, _environment_of(server), _settings_of(server):
        try:
            yield server
        finally:
            _flush()


@contextmanager
def _environment_of(server: Server) -> Iterator[None]:
    """What flows and their children read of the server; after the block it is as it was before."""
    variables = {"PREFECT_API_URL": server.url}
    if server.kind == "embedded":
        variables["FINETRACE_EMBEDDED_SERVER"] = "1"  # flows.run_page, which imports Prefect
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _settings_of(server: Server) -> Iterator[None]:
    """Prefect reads the environment once, when it is imported: in a program's second session it has to be given the
    address of this session's server."""
    if "prefect" not in sys.modules:
        yield
        return
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(updates={PREFECT_API_URL: server.url}):
        yield


def _flush() -> None:
    """Send Prefect's queued logs and events: the server may be about to end, and Prefect would retry for minutes."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogHandler

    APILogHandler().flush()
    EventsWorker.drain_all(timeout=10)


def _tell_unchanged(paths: Paths, until: str) -> None:
    for stage in (name for name in up_to(until) if name in STAGES):
        tell(Outcome(stage, False, 0.0, read_json(paths.report(stage))))
