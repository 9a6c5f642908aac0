"""One `finetrace up` at a time in a workspace, also while it starts, by the kernel's lock on its pid file"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flows.processes.lock import make_state_folder
from tasks.errors import BusyError
from tasks.paths import Paths
from tasks.process_name import is_alive, process_name


@contextmanager
def only_one(paths: Paths) -> Iterator[None]:
    """Be the workspace's `finetrace up`; its process stands in .finetrace/up.pid. Raises BusyError if one is there."""
    file = make_state_folder(paths) / "up.pid"
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = "see `finetrace status`, or end it: finetrace down"
            raise BusyError(f"`finetrace up` already serves {paths.root}: {told}") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "process": process_name()}).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def read_starting(paths: Paths) -> dict[str, Any] | None:
    """The process that is this workspace's `finetrace up`, if it lives."""
    try:
        found = json.loads((paths.state / "up.pid").read_bytes())
        return found if is_alive(str(found["process"])) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
