"""A retraining in a clean clone: data pulled by hash, made, data pushed, and only then dvc.lock pushed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.clone.clone_data import bring_data, push_data
from flows.clone.clone_place import clone_folder, clone_paths
from flows.clone.repository import asks_git, git
from flows.processes.lock import workspace_lock
from flows.processes.workshop import open_workshop
from tasks.errors import GateError, SetupError
from tasks.operations import ScheduleSettings
from tasks.paths import Paths
from tasks.tracking.store import database, init_store, registry_uri, tracking_uri

BRANCHES = "retrain/"


@dataclass
class Clone:
    """A clone that is there while the block lasts."""

    paths: Paths
    url: str
    branch: str
    """Where its results go."""
    flow_run: str
    outcome: dict[str, Any] = field(default_factory=dict)
    """What became of it: branch and commit, once they are pushed."""

    def publish(self) -> bool:
        """Push the data, then dvc.lock; whether there was any change. Nothing is pushed without one."""
        _stage_changes(self.paths)
        if asks_git(self.paths.root, "diff", "--cached", "--quiet"):
            self.outcome |= {"changed": False, "branch": None}
            return False
        push_data(self.paths)  # data before lock: what is pushed never points at nothing
        known = self._known_branch()
        if known is None:
            self._push_lock()
        self.outcome |= {"changed": True, "branch": known or self.branch, "new": known is None}
        return True

    def withdraw(self) -> None:
        """Take the branch back: the gate has refused what it leads to."""
        if self.outcome.get("new"):
            git(self.paths.root, "push", "--quiet", self.url, "--delete", self.branch)

    def _push_lock(self) -> None:
        message = f"retrained\n\nPrefect-Flow-Run: {self.flow_run}"
        git(self.paths.root, "commit", "--quiet", "--no-verify", "--message", message)
        git(self.paths.root, "push", "--quiet", self.url, f"HEAD:refs/heads/{self.branch}")
        self.outcome["commit"] = git(self.paths.root, "rev-parse", "HEAD")

    def _known_branch(self) -> str | None:
        """A branch of an earlier retraining that came to exactly this, and was not merged yet."""
        there = f"refs/remotes/origin/{BRANCHES}"
        if not git(self.paths.root, "ls-remote", "--heads", self.url, f"refs/heads/{BRANCHES}*"):
            return None
        git(self.paths.root, "fetch", "--quiet", "--depth", "1", self.url, f"+refs/heads/{BRANCHES}*:{there}*")
        wanted = git(self.paths.root, "write-tree")
        found = git(self.paths.root, "for-each-ref", "--format=%(tree) %(refname)", there).splitlines()
        same = [line.split()[1].removeprefix("refs/remotes/origin/") for line in found if line.split()[0] == wanted]
        return same[0] if same else None


@contextmanager
def fresh_clone(paths: Paths, schedule: ScheduleSettings, flow_run: str) -> Iterator[Clone]:
    """A clone of schedule.branch at schedule.remote, its data in place, its stages told of the workspace's MLflow.

    It shares the workspace's DVC cache, and is removed afterwards; what a killed one left is removed first. Raises
    BusyError if another is at work.
    """
    folder, name = clone_folder(paths), flow_run or f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    with workspace_lock(Paths(paths.state / "clones")):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            url = remote_url(paths, schedule.remote)
            _clone(paths, url, schedule.branch, folder)
            clone = Clone(clone_paths(paths), url, f"{BRANCHES}{name}", flow_run or "none")
            with _same_store(paths), open_workshop(clone.paths):
                bring_data(paths, clone.paths)
                try:
                    yield clone
                except GateError:
                    clone.withdraw()
                    raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def remote_url(paths: Paths, remote: str) -> str:
    """Where a remote of the workspace's repository lies; a relative path is one of the repository's top."""
    try:
        url = git(paths.root, "remote", "get-url", "--", remote)
        top = Path(git(paths.root, "rev-parse", "--show-toplevel"))
    except SetupError as error:
        hint = f"A clean clone is made from it: git remote add {remote} URL, or set schedule.remote."
        raise SetupError(f"The repository has no remote {remote!r} ({str(error).rstrip('.')}). {hint}") from None
    is_path = "://" not in url and not url.startswith("/") and (top / url).exists()
    return str((top / url).resolve()) if is_path else url


def _clone(paths: Paths, url: str, branch: str, folder: Path) -> None:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    git(paths.root, "clone", "--quiet", "--no-tags", f"--branch={branch}", "--single-branch", "--", url, str(folder))
    for key, fallback in (("user.name", "finetrace"), ("user.email", "finetrace@localhost")):
        git(folder, "config", key, _configured(paths, key) or fallback)


def _configured(paths: Paths, key: str) -> str:
    """A value of git's settings; "" if there is none."""
    return git(paths.root, "config", "--default", "", "--get", key)


def _stage_changes(clone: Paths) -> None:
    """Have git's index hold what the run changed of what git keeps: dvc.lock, the expectations, params."""
    git(clone.root, "add", "--update", ".")
    kept = [each for each in (clone.root / "dvc.lock", clone.expectations) if each.exists()]
    for each in kept:
        if not asks_git(clone.root, "check-ignore", "--quiet", str(each)):
            git(clone.root, "add", "--", str(each))


@contextmanager
def _same_store(paths: Paths) -> Iterator[None]:
    """Within the block, stages of the clone write to the workspace's MLflow."""
    file = database(tracking_uri(paths))
    if file is not None and not file.exists():
        init_store(paths)  # not from within the clone: what MLflow makes first is told from where it is made
    told = {"MLFLOW_TRACKING_URI": tracking_uri(paths), "MLFLOW_REGISTRY_URI": registry_uri(paths)}
    before = {key: os.environ.get(key) for key in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
