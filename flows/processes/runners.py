"""Who runs the trainings of a comparison or a search: processes of this machine, or Ray."""

import logging
import os
import signal
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from tasks.errors import SettingsError, SetupError


def _processes(jobs: int) -> Any:
    from prefect.task_runners import ThreadPoolTaskRunner

    return ThreadPoolTaskRunner(max_workers=jobs)  # each thread waits for a process


def _ray(jobs: int) -> Any:
    # read when Ray is imported: its servers listen on 127.0.0.1 alone, as it does by default on Windows and macOS
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    from prefect_ray import RayTaskRunner

    class Runner(RayTaskRunner):
        """Ray, which takes SIGTERM for itself when it starts and would end us with a stack of its own."""

        def __enter__(self) -> Any:
            before = signal.getsignal(signal.SIGTERM)
            started = super().__enter__()
            signal.signal(signal.SIGTERM, before)
            return started

    return Runner(init_kwargs={"num_cpus": jobs, "include_dashboard": False, "logging_level": logging.ERROR})


RUNNERS: dict[str, Callable[[int], Any]] = {"processes": _processes, "ray": _ray}
"""By the word of --runner: so many trainings at a time → the task runner. Call it once Prefect has its settings."""
PACKAGES = {"ray": "prefect_ray"}


def check_runner(kind: str, jobs: int) -> None:
    """Raise SettingsError for an unknown word, SetupError if what it needs is not installed; imports none of it."""
    if kind not in RUNNERS:
        raise SettingsError(f"--runner {kind}: known: {', '.join(RUNNERS)}.")
    if jobs < 1:
        raise SettingsError("--jobs must be at least 1.")
    if kind in PACKAGES and find_spec(PACKAGES[kind]) is None:
        raise SetupError(
            f"--runner {kind} needs prefect-{kind}, which is not installed. "
            f"Install it (pip install --editable '.[{kind}]' in finetrace's folder), or leave --runner out."
        )
