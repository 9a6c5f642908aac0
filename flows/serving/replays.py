"""Which deliveries were taken already: kept on disk, so that a restart does not forget them."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from flows.serving.deliveries import FRESH_SECONDS
from tasks.errors import IntegrityError
from tasks.files import read_json, write_json

KEPT_SECONDS = 2 * FRESH_SECONDS
"""An older delivery is stale anyway, and refused for that."""
MOST = 10_000


class Replays:
    """The deliveries of the last minutes, by id."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._taken = _read(file)

    def claim(self, delivery: str, now: float) -> bool:
        """Whether this delivery is new; from now on it is not. On disk before this returns."""
        with self._lock:
            if delivery in self._taken:
                return False
            taken = still_known({**self._taken, delivery: now}, now)
            write_json(self._file, taken)  # first: what could not be noted was not taken
            self._taken = taken
            return True

    def release(self, delivery: str) -> None:
        """Forget a delivery that came to nothing: its sender may try again."""
        with self._lock:
            self._taken.pop(delivery, None)
            with suppress(OSError):  # on the disk it stays taken: the reconciler finds what it asked for
                write_json(self._file, self._taken)


def still_known(taken: Mapping[str, float], now: float) -> dict[str, float]:
    """Those that could still come again, at most MOST of them, the newest."""
    fresh = sorted((when, each) for each, when in taken.items() if abs(now - when) <= KEPT_SECONDS)
    return {each: when for when, each in fresh[-MOST:]}


def _read(file: Path) -> dict[str, float]:
    """What was kept; a broken file counts as none."""
    try:
        found = read_json(file)
    except (FileNotFoundError, IntegrityError):
        return {}
    good = found.items() if isinstance(found, dict) else ()
    return {str(each): float(when) for each, when in good if isinstance(when, int | float)}
