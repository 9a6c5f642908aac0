"""One run at a time in a workspace."""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from flows.redact import redact
from tasks.errors import BusyError
from tasks.paths import Paths

_held: set[Path] = set()


def make_state_folder(paths: Paths) -> Path:
    """The folder for locks, logs and servers, which nobody else may read."""
    paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths.state.chmod(0o700)
    return paths.state


@contextmanager
def workspace_lock(paths: Paths) -> Iterator[None]:
    """Hold the workspace; free within a holder of the same process.

    The kernel's lock on the open file decides, so that a dead holder, or another process that got its pid, never
    blocks. What is written in the file names the holder to the next who asks, who gets a BusyError.
    """
    file = make_state_folder(paths).resolve() / "lock"
    if file in _held:
        yield
        return
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, paths)
        _held.add(file)
        try:
            yield
        finally:
            _held.discard(file)
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(paths: Paths) -> dict[str, Any] | None:
    """Who holds the workspace (pid, started, command), or None; asks without touching the lock."""
    try:
        found: dict[str, Any] = json.loads((paths.state / "lock").read_bytes())
        alive = psutil.Process(found["pid"]).create_time() == found["started"]
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return found if alive else None


def _take(descriptor: int, paths: Paths) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = _read_holder(descriptor)
        raise BusyError(
            f"{paths.root} is in use by process {other['pid']} ({other['command']}). Wait until it ends, or end it."
        ) from None
    me = {"pid": os.getpid(), "started": psutil.Process().create_time(), "command": _own_command()}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(me).encode(), 0)


def _read_holder(descriptor: int) -> dict[str, Any]:
    """What the holder wrote; it may be about to."""
    try:
        found: dict[str, Any] = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {"pid": "?", "command": "just starting"}
    return found


def _own_command() -> str:
    if Path(sys.argv[0]).name == "engine.py":  # Prefect's own name for the process of a flow run
        return "a flow run; see Prefect's pages"
    return redact(" ".join([Path(sys.argv[0]).name, *sys.argv[1:]]))[:200]
