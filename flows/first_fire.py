"""Does a schedule really fire here? No health check tells: with a wrong SQLAlchemy all is green and none ever does."""

import threading
import time
from collections.abc import Callable
from typing import Any

from flows.prefect_api import post

SECONDS = 90.0
QUESTION = {
    "flows": {"name": {"any_": ["reap"]}},
    "flow_runs": {"state": {"type": {"any_": ["RUNNING", "COMPLETED", "FAILED", "CRASHED"]}}},
    "sort": "START_TIME_DESC",
    "limit": 1,
}


def tell_later(api: str, since: str, tell: Callable[[bool], None]) -> threading.Thread:
    """Look on beside all else until a scheduled run of reap has started, and tell whether one did in time."""
    thread = threading.Thread(target=lambda: tell(wait(api, since)), name="first-fire", daemon=True)
    thread.start()
    return thread


def wait(api: str, since: str, seconds: float = SECONDS) -> bool:
    """Whether a run that the clock started has begun since then (ISO 8601, UTC), within the seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if has_fired(post(f"{api}/flow_runs/filter", QUESTION), since):
                return True
        except (OSError, ValueError):  # busy; or ending, and then nobody listens any more
            pass
        time.sleep(1.0)
    return False


def has_fired(runs: list[dict[str, Any]], since: str) -> bool:
    """Whether one of these runs was started by the clock since then."""
    return any(run["auto_scheduled"] and (run["start_time"] or "")[:19] >= since[:19] for run in runs)
