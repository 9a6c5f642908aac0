"""The data of a clean clone: pulled to where its dvc.lock says, pushed to where others find them"""

import os
from pathlib import Path

from flows.clone.repository import dvc_settings, last_words
from flows.processes.workshop import open_workshop
from tasks.dvc_store import cache_folder
from tasks.errors import SetupError
from tasks.paths import Paths

SECONDS = 6 * 3600.0


def bring_data(paths: Paths, clone: Paths) -> None:
    """DVC of the clone set up as the workspace's own, with its cache, and the data of its dvc.lock in place."""
    if not (clone.root / "dvc.yaml").exists():
        raise SetupError(f"schedule.branch has no dvc.yaml where {paths.root} has one. Commit and push it first.")
    _copy_private(paths.root / ".dvc" / "config.local", clone.root / ".dvc" / "config.local")
    known = dvc_settings(paths.root)
    for key, value in local_settings(known, cache_folder(paths.root)).items():
        _dvc(clone, "config", "--local", key, value)
    _dvc(clone, "pull" if "core.remote" in known else "checkout", "--quiet", "--allow-missing")


def local_settings(known: dict[str, str], cache: Path) -> dict[str, str]:
    """What DVC must be told anew in a clone: the workspace's cache, and remotes that are folders.

    known: as DVC is set in the workspace. cache: its folder. A folder's relative path would be told from the clone.
    """
    remotes = {key: url for key, url in known.items() if key.startswith("remote.") and key.endswith(".url")}
    folders = {key: url for key, url in remotes.items() if Path(url).is_absolute()}
    return {"cache.dir": str(cache), **folders}


def push_data(clone: Paths) -> None:
    """Send what the clone's dvc.lock names to DVC's remote, if there is one; else the shared cache holds it."""
    if "core.remote" in dvc_settings(clone.root):
        _dvc(clone, "push", "--quiet")


def _dvc(clone: Paths, *arguments: str) -> None:
    told: list[str] = []
    with open_workshop(clone) as workshop:
        code = workshop.dvc(*arguments, tell=told.append, seconds=SECONDS)
    if code != 0:
        raise SetupError(f"dvc {arguments[0]} failed: {last_words(chr(10).join(told))}")


def _copy_private(source: Path, target: Path) -> None:
    """Settings that git does not keep, such as a remote's credentials: for the owner alone, there too."""
    if source.exists():
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(source.read_bytes())
