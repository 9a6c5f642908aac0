"""Does a schedule really fire here? No health check tells: with a wrong SQLAlchemy all is green and none ever does."""

import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from flows.serving.prefect_api import post

SECONDS = 90.0
QUESTION = {"flows": {"name": {"any_": ["reap"]}}, "sort": "START_TIME_DESC", "limit": 200}
BEGUN = ("RUNNING", "COMPLETED", "FAILED", "CRASHED")


def tell_later(api: str, since: str, every_seconds: float, tell: Callable[[bool], None]) -> threading.Thread:
    """Look on beside all else until a scheduled run of reap has begun, and tell whether one did in time."""
    thread = threading.Thread(target=lambda: tell(wait(api, since, every_seconds)), name="first-fire", daemon=True)
    thread.start()
    return thread


def wait(api: str, since: str, every_seconds: float, patience: float = SECONDS) -> bool:
    """Whether a run that the clock started has begun since then (ISO 8601, UTC)."""
    began = time.monotonic()
    while True:
        try:
            answer = judge(post(f"{api}/flow_runs/filter", QUESTION), since)
        except (OSError, ValueError):  # busy; or ending, and then nobody listens any more
            answer = "silent"
        waited = time.monotonic() - began
        if answer == "fired":
            return True
        if waited > (patience + every_seconds if answer == "planned" else patience):
            return False
        time.sleep(1.0)


def judge(runs: list[dict[str, Any]], since: str) -> Literal["fired", "planned", "silent"]:
    """Whether one of these runs was begun by the clock since then, or is at least planned."""
    by_clock = [run for run in runs if run["auto_scheduled"]]
    if any(run["state_type"] in BEGUN and (run["start_time"] or "")[:19] >= since[:19] for run in by_clock):
        return "fired"
    return "planned" if any(run["expected_start_time"][:19] >= since[:19] for run in by_clock) else "silent"
