"""What a side of a comparison says and hears: one line at a time, so that only one side works at once."""

import json
import os
import sys
import time
from typing import Any, TextIO


class Turn:
    """The side's end of the conversation.

    `begin` waits until it is this side's turn and starts the clock, which counts the CPU seconds of every thread of
    this process; `end` stops it and tells. Whatever libraries print to stdout goes to stderr.
    """

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self._started = 0.0

    def begin(self) -> None:
        """Wait for one's turn."""
        self._tell({"ready": True})
        if sys.stdin.readline().strip() != "go":
            sys.exit(0)
        self._started = time.process_time()

    def end(self, samples: int) -> None:
        """The turn is over: `samples` rows were worked on."""
        self._tell({"samples": samples, "cpu_seconds": time.process_time() - self._started})

    def finish(self, **facts: Any) -> None:
        """The last word of this side."""
        self._tell({"facts": facts})

    def _tell(self, message: dict[str, Any]) -> None:
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()
