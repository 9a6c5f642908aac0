"""What must hold after every case, whatever was done: looked at from outside, with nothing of the product."""

import hashlib
import json
import time
from pathlib import Path

import psutil

from tests.torture.case import require
from tests.torture.commands import MARKER
from tests.torture.place import Place
from tests.torture.workspace import Champion, Workspace

CACHES = ("torchinductor_",)
"""Folders of one name for ever that libraries keep below the temporary folder."""
GRACE_SECONDS = 15.0
"""The families of a killed process have so long to end."""


def check_invariants(place: Place) -> None:
    """Raise NotHeldError unless champions stand, nothing and nobody was left behind, and no planted code ran."""
    left = _left_running(place.marker)
    for process in left:
        process.kill()  # by its own id, and it is ours: it carries the case's marker
    require(not left, f"still running after the case: {[process.pid for process in left]}")
    require(not list(place.folder.rglob("CANARY")), "planted code ran: the canary is there")
    for workspace in place.workspaces:
        _check_workspace(workspace)
    scratch = [path.name for path in place.scratch.iterdir() if not path.name.startswith(CACHES)]
    require(place.kills or not scratch, f"left in the temporary folder: {', '.join(sorted(scratch)[:5])}")


def _check_workspace(workspace: Workspace) -> None:
    for done in workspace.told:
        said = done.stdout + done.stderr
        require(
            "Traceback (most recent call last)" not in said, f"a traceback from `{done.command}`: {done.last_words}"
        )
    left = [str(path.relative_to(workspace.root)) for path in workspace.root.rglob(".tmp-*")]
    require(not left, f"temporary files left: {', '.join(sorted(left)[:5])}")
    champion = workspace.champion()
    require(workspace.before in (None, champion), f"champion was {workspace.before}, is {champion}")
    if champion is not None:
        _rehash(champion)


def _rehash(champion: Champion) -> None:
    version, folder = champion
    manifest = folder / "finetrace_manifest.json"
    require(manifest.is_file(), f"champion {version} has no manifest")
    for name, digest in json.loads(manifest.read_bytes())["files"].items():
        file = folder / name
        same = file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == digest
        require(same, f"champion {version}: {name} is not what was registered")


def _left_running(marker: str) -> list[psutil.Process]:
    deadline = time.monotonic() + GRACE_SECONDS
    while (found := _marked(marker)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _marked(marker: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARKER) == marker:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def digest_of(path: Path) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
