"""Whose run is it: a killed training's run does not stay RUNNING for ever."""

import platform

from tasks.digest import sha256_of_value
from tasks.paths import Paths
from tasks.process_name import is_alive, process_name
from tasks.tracking.store import Store

_PROCESS, _WORKSPACE = "finetrace.process", "finetrace.workspace"


def process_tags(paths: Paths) -> dict[str, str]:
    """Tags that name this process (pid and start time, so that a reused pid is another) and its workspace."""
    return {_PROCESS: process_name(), _WORKSPACE: _workspace(paths)}


def close_dead_runs(store: Store, paths: Paths) -> list[str]:
    """Set to FAILED the RUNNING runs of this workspace whose process is gone; their ids."""
    running = store.client.search_runs(
        [store.experiment_id], f"attributes.status = 'RUNNING' and tags.`{_WORKSPACE}` = '{_workspace(paths)}'"
    )
    dead = [run.info.run_id for run in running if not is_alive(run.data.tags.get(_PROCESS, ""))]
    for run_id in dead:
        store.client.set_terminated(run_id, "FAILED")
    return dead


def _workspace(paths: Paths) -> str:
    """This folder on this machine, without saying either."""
    return sha256_of_value([platform.node(), str(paths.root.resolve())])[:16]
