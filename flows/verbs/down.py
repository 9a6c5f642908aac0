"""`finetrace down`: ends the `finetrace up` of a workspace and waits until it is gone"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from flows.serving.served import read_noted
from flows.serving.starting import read_starting
from flows.verbs.terminal import make_console
from tasks.errors import BusyError
from tasks.paths import Paths
from tasks.process_name import is_alive

GENTLE_SECONDS = 60.0
"""Its children have some seconds each to end well."""


def stop_all(paths: Paths) -> None:
    """End what serves this workspace, if anything does. Raises BusyError if it does not end."""
    console = make_console(stderr=False)
    found = read_noted(paths) or read_starting(paths)
    if found is None:
        console.print("Nothing is served here; there is nothing to end.")
        return
    pid, process = int(found["pid"]), str(found["process"])
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if not wait_until_gone(lambda: is_alive(process), GENTLE_SECONDS):
        raise BusyError(f"`finetrace up` (process {pid}) does not end. End it yourself: kill -9 {pid}")
    console.print(f"Ended `finetrace up` (process {pid}) and its servers.")


def wait_until_gone(lives: Callable[[], bool], seconds: float) -> bool:
    """Whether it ends in time."""
    deadline = time.monotonic() + seconds
    while lives():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
