"""Whose run is it: a killed training's run does not stay RUNNING for ever."""

import os
import platform
from pathlib import Path

from tasks.digest import sha256_of_value
from tasks.paths import Paths
from tasks.tracking.store import Store

_PROCESS, _WORKSPACE = "finetrace.process", "finetrace.workspace"


def process_tags(paths: Paths) -> dict[str, str]:
    """Tags that name this process (pid and start time, so that a reused pid is another) and its workspace."""
    return {_PROCESS: _name(os.getpid()), _WORKSPACE: _workspace(paths)}


def close_dead_runs(store: Store, paths: Paths) -> list[str]:
    """Set to FAILED the RUNNING runs of this workspace whose process is gone; their ids."""
    running = store.client.search_runs(
        [store.experiment_id], f"attributes.status = 'RUNNING' and tags.`{_WORKSPACE}` = '{_workspace(paths)}'"
    )
    dead = [run.info.run_id for run in running if not _is_alive(run.data.tags.get(_PROCESS, ""))]
    for run_id in dead:
        store.client.set_terminated(run_id, "FAILED")
    return dead


def _name(pid: int) -> str:
    """pid@start. Linux counts the start from boot, so that a clock set back makes nobody look dead."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return f"{pid}@{stat.read_text().rpartition(')')[2].split()[19]}"  # field 22 of proc(5), starttime
    import psutil

    return f"{pid}@{psutil.Process(pid).create_time():.0f}"


def _is_alive(name: str) -> bool:
    import psutil

    pid = name.partition("@")[0]
    try:
        return pid.isdigit() and _name(int(pid)) == name
    except (psutil.Error, OSError):
        return False


def _workspace(paths: Paths) -> str:
    """This folder on this machine, without saying either."""
    return sha256_of_value([platform.node(), str(paths.root.resolve())])[:16]
