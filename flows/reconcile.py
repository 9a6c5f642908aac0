"""reconcile(): the registry as people left it in; the registry and the ledger in agreement, out"""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.exceptions import ObjectNotFound

from flows.notify import notify
from flows.processes.flow_process import note_process
from flows.processes.promotions import states_of_promotions
from flows.promote import answer_in_flow
from flows.redact import errors_redacted, redact
from flows.registry import Registry, open_registry
from tasks.errors import DataError
from tasks.paths import Paths
from tasks.promotion.disagreements import Action, Request, Warn, next_action
from tasks.promotion.effect import set_champion
from tasks.promotion.marks import ASKED, mark
from tasks.promotion.mend import mend, read_state, warn
from tasks.promotion.settled import deciding, settled_ledger

ROUNDS = 6
"""Each action may show the next; no more are needed than there are kinds."""


@flow(name="reconcile", on_running=[note_process], persist_result=False, result_serializer="json")
@errors_redacted
def reconcile(workspace: str = ".") -> dict[str, Any]:
    """Put right what webhooks lose: aliases moved, versions deleted, promotions cut off, a ledger tampered with.

    Args:
        workspace: Folder that holds params.yaml.
    """
    log = get_run_logger()
    done: list[str] = []
    with open_registry(Paths(Path(workspace).resolve())) as registry:
        before: Action | None = None
        for _ in range(ROUNDS):
            state = read_state(registry.store, registry.paths, registry.name)
            action = next_action(state)
            if action is None or action == before:
                break
            done.append(redact(act(registry, action, state.warned)))
            log.info("%s", done[-1])
            before = action
    return {"done": done}


def act(registry: Registry, action: Action, warned: str) -> str:
    """Do one thing; a line about it. warned: what the page warns of already, and people know."""
    if isinstance(action, Request):
        return _request(registry, action.version)
    try:
        line = mend(registry.store, registry.paths, registry.name, action)
    except DataError as error:  # no champion is left that could be restored
        if str(error)[:1_000] != warned:
            warn(registry.store, registry.name, str(error)[:1_000])
            notify(registry.config.notify, "failed", str(error), {"model": registry.name})
        return str(error)
    if isinstance(action, Warn):
        notify(registry.config.notify, "tampered", line, {"model": registry.name})
    return line


def _request(registry: Registry, version: int) -> str:
    """The alias was set by hand: answered here, or, where a person has to approve, by a flow that can wait."""
    states = states_of_promotions(str(registry.paths.root), version)
    if states & {"PENDING", "RUNNING"}:
        return f"v{version} was set as champion by hand: a flow run of promote is at it"
    if "PAUSED" in states:
        return _wait(registry, version)
    if registry.config.promote.approval and states:  # it stands behind another that waits for a person
        line = f"{ASKED[1]} for its turn: a flow run of promote takes care of it"
        mark(registry.store, registry.name, version, line)
    if registry.config.promote.approval and (states or _started(registry, version)):
        return f"v{version} was set as champion by hand: a flow run of promote takes care of it"
    _, decided = answer_in_flow(registry, version, "", "", "reconciler")
    return decided.line


def _wait(registry: Registry, version: int) -> str:
    """Somebody set the alias once more while a person thinks about it: the champion stays who it was."""
    with deciding(registry.paths):
        champion = settled_ledger(registry.store, registry.paths, registry.name).chain.champion
        set_champion(registry.store, registry.name, champion)
    named = f"at v{champion} again" if champion else "taken away"
    return f"v{version} waits for approval in Prefect already: the alias champion is {named}"


def _started(registry: Registry, version: int) -> bool:
    from prefect.deployments import run_deployment

    parameters = {"workspace": str(registry.paths.root), "version": version, "via": "reconciler"}
    try:
        run_deployment("promote/local", parameters=parameters, timeout=0, as_subflow=False)
    except ObjectNotFound:  # nobody serves it
        return False
    return True
