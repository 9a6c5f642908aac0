"""The folder: settings, base model, space, rights, what earlier runs left."""

import json
import os
import shutil
from collections.abc import Iterator

from flows.processes.lock import holder
from flows.processes.stages import check_sections
from flows.verbs.checks import Check
from tasks.config import load_config
from tasks.errors import FinetraceError, SettingsError
from tasks.paths import Paths
from tasks.tracking.store import export_for_clients

LEAST_BYTES, GOOD_BYTES = 500_000_000, 5_000_000_000


def run(paths: Paths) -> Iterator[Check]:
    """Settings, base model, disk, rights, locks."""
    yield check_settings(paths)
    yield check_base(paths)
    yield check_space(shutil.disk_usage(paths.root).free)
    yield check_writable(paths)
    yield check_dvc_state(paths)
    yield check_mlflow_uri(paths)
    held = holder(paths)
    yield Check("lock", "warn" if held else "ok", f"held by process {held['pid']}" if held else "nobody at work")


def check_settings(paths: Paths) -> Check:
    """Can params.yaml be read without a mistake?"""
    try:
        load_config(paths.params)
        check_sections(paths)
    except SettingsError as error:
        return Check("params.yaml", "fail", str(error), "Mend these lines.")
    return Check("params.yaml", "ok", "no mistakes")


def check_base(paths: Paths) -> Check:
    """Is the base model there, byte for byte, and has it room for base.max_tokens?"""
    from tasks.model.limits import open_base

    try:
        base = load_config(paths.params).base
    except SettingsError:
        return Check("base model", "warn", "not looked at: params.yaml has mistakes")
    try:
        open_base(base, paths.root)
    except FinetraceError as error:
        return Check("base model", "fail", str(error), "See `base` in params.yaml, or `make setup`.")
    return Check("base model", "ok", f"{base.id}, digest as recorded")


def check_space(free_bytes: int) -> Check:
    """Is there room for models and caches?"""
    says = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes < LEAST_BYTES:
        return Check("disk", "fail", says, "Free some space; `dvc gc --workspace` drops what no version needs.")
    return Check("disk", "ok" if free_bytes >= GOOD_BYTES else "warn", says)


def check_writable(paths: Paths) -> Check:
    """May we write where we must?"""
    folders = [each for each in (paths.root, paths.data, paths.state, paths.root / ".dvc") if each.exists()]
    closed = [str(each) for each in folders if not os.access(each, os.W_OK | os.X_OK)]
    if closed:
        return Check("rights", "fail", f"cannot write in {', '.join(closed)}", "Change the owner or the rights.")
    return Check("rights", "ok", "folders can be written")


def check_mlflow_uri(paths: Paths) -> Check:
    """Do MLflow's own programs, started here, open this workspace's database?"""
    export = export_for_clients(paths)
    if not export:
        return Check("mlflow's uri", "ok", "MLflow's own programs find the runs and models of this folder")
    says = "MLflow's own programs open another, empty database: the folder's path has a space or a letter outside ASCII"
    return Check("mlflow's uri", "warn", says, export)


def check_dvc_state(paths: Paths) -> Check:
    """Is DVC set up here, and its list of locks readable? A broken one stops every later run."""
    if not (paths.root / ".dvc").is_dir():
        return Check("dvc workspace", "fail", "there is no .dvc", "dvc init")
    rwlock = paths.root / ".dvc" / "tmp" / "rwlock"
    try:
        json.loads((rwlock.exists() and rwlock.read_bytes()) or b"{}")  # an empty one is dropped by the next run
    except ValueError:
        return Check("dvc workspace", "fail", f"{rwlock} is broken", f"If no DVC runs: rm {rwlock}")
    return Check("dvc workspace", "ok", "set up")
