"""A run that the clock or new data started finds somebody else at work in the workspace: it waits, or is dropped"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Literal

from flows.processes.lock import workspace_lock
from tasks.errors import BusyError
from tasks.paths import Paths

ASK_SECONDS = 5.0


def take_turn(
    stack: ExitStack, paths: Paths, when_busy: Literal["queue", "skip", "refuse"], tell: Callable[[str], None]
) -> str | None:
    """Hold the workspace for the stack; or why this run is dropped, if it is held and `when_busy` is skip.

    queue waits, and tells once for whom. Raises BusyError if it is refuse: a person is told at once.
    """
    told = ""
    while True:
        try:
            stack.enter_context(workspace_lock(paths))
            return None
        except BusyError as error:
            if when_busy == "refuse":
                raise
            if when_busy == "skip":
                return str(error)
            if str(error) != told:
                told = str(error)
                tell(f"Waiting: {told}")
            time.sleep(ASK_SECONDS)
