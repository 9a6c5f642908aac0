"""data_change(): the raw data as they are in; a retraining, if they are not those last trained on, out"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.deployments import run_deployment

from flows.clone.clean_clone import remote_url
from flows.clone.repository import git
from flows.processes.flow_process import note_process
from flows.processes.stages import stale_stages
from flows.redact import errors_redacted
from tasks.config import load_config
from tasks.errors import BusyError, IntegrityError
from tasks.files import read_json, write_json
from tasks.operations import ScheduleSettings
from tasks.paths import Paths


@flow(name="data-change", on_running=[note_process], persist_result=False, result_serializer="json")
@errors_redacted
def data_change(workspace: str = ".") -> dict[str, Any]:
    """Start a retraining if the raw data are others than those last trained on; once for each change.

    With schedule.clean_clone the data on the remote's branch are looked at, else those of the workspace.

    Args:
        workspace: Folder that holds params.yaml.
    """
    paths, log = Paths(Path(workspace).resolve()), get_run_logger()
    config = load_config(paths.params)
    raw, asked = config.ingest.path, _asked(paths)
    try:
        look = look_at_remote if config.schedule.clean_clone else look_here
        now, new = look(paths, config.schedule, raw, asked)
    except BusyError:
        log.info("Somebody is at work in the workspace; looked at again later.")
        return {"changed": False}
    if not new:
        if not asked and config.schedule.clean_clone:
            write_json(_memory(paths), {"asked": now})
        return {"changed": False}
    run: Any = run_deployment(
        "retrain/local", parameters={"workspace": workspace, "trigger": "data"}, timeout=0, as_subflow=False
    )
    write_json(_memory(paths), {"asked": now})
    log.info("%s has changed: retraining as %s", raw, run.name)
    return {"changed": True, "flow_run": str(run.id)}


def look_here(paths: Paths, _schedule: ScheduleSettings, raw: str, asked: str) -> tuple[str, bool]:
    """The state of the workspace's data, and whether they are new."""
    reasons, now = stale_stages(paths).get("ingest", []), fingerprint(paths.root / raw)
    return now, is_new(reasons, raw, now=now, asked=asked)


def look_at_remote(paths: Paths, schedule: ScheduleSettings, raw: str, asked: str) -> tuple[str, bool]:
    """The state of the data on the branch that clean clones are made from; the first look only remembers it."""
    git(paths.root, "fetch", "--quiet", "--no-tags", remote_url(paths, schedule.remote), schedule.branch)
    prefix = git(paths.root, "rev-parse", "--show-prefix")
    now = git(paths.root, "ls-tree", "--full-tree", "FETCH_HEAD", "--", f"{prefix}{raw}", f"{prefix}{raw}.dvc")
    return now, bool(asked) and now != asked


def is_new(reasons: Sequence[str], raw: str, *, now: str, asked: str) -> bool:
    """Whether the data differ from those last trained on, and nobody was asked to train on these yet.

    reasons: what DVC says has changed for ingest ("data/raw/x.csv modified"). A run that failed, or that the gate
    refused, is not repeated for the same data.
    """
    changed = any(reason.rpartition(" ")[0] == raw and not reason.endswith(" deleted") for reason in reasons)
    return changed and now != asked


def fingerprint(path: Path) -> str:
    """Names the state of a file or folder by names, sizes and times: cheap, since DVC has compared the content."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    told = [f"{each.relative_to(path.parent)} {each.stat().st_size} {each.stat().st_mtime_ns}" for each in files]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _memory(paths: Paths) -> Path:
    return paths.state / "data-change.json"


def _asked(paths: Paths) -> str:
    try:
        return str(read_json(_memory(paths)).get("asked", ""))
    except (FileNotFoundError, IntegrityError, AttributeError):
        return ""
