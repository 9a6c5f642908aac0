"""Trainings at the same time, each in a process of its own: workshops that are lent and come back."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flows.news import Progress, tell
from flows.processes.stages import stage_error
from flows.processes.workshop import Workshop
from tasks.stages import JOB
from tasks.trials.jobs import REQUEST
from tasks.trials.place import TrialPaths

TIMEOUT_SECONDS = 7 * 24 * 3600.0


class Pool:
    """The workshops of this process. Where Ray runs the tasks, each of their processes has a pool of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Path, Workshop]] = []
        self._busy: list[Workshop] = []
        self._is_open = True

    def __reduce__(self) -> str:
        """A flow is sent to other processes with all that it names: there this is their own pool, by its name."""
        return "POOL"

    @contextmanager
    def lent(self, root: Path) -> Iterator[Workshop]:
        """A workshop of the workspace that nobody else uses within the block."""
        with self._lock:
            if not self._is_open:
                raise InterruptedError("no training is started any more")
            mine = next((each for each in self._idle if each[0] == root), None)
            if mine is not None:
                self._idle.remove(mine)
            workshop = mine[1] if mine else Workshop(root)
            self._busy.append(workshop)
        try:
            yield workshop
        finally:
            with self._lock:
                self._busy.remove(workshop)
                self._idle.append((root, workshop))

    @contextmanager
    def closing(self) -> Iterator[None]:
        """At the end of the block every process is ended, also those at work; none is started before the next block."""
        self._is_open = True
        try:
            yield
        finally:
            with self._lock:
                self._is_open = False
                busy, idle, self._idle = list(self._busy), self._idle, []
            for workshop in busy:
                workshop.stop()
            for _, workshop in idle:
                workshop.close()


POOL = Pool()


def do_job(label: str, root: str, request: str, environment: Mapping[str, str]) -> None:
    """Have a request of tasks.trials.jobs done. Raises the error that it ended with."""
    place, told = TrialPaths(Path(root), Path(request).parent), []

    def listen(line: str) -> None:
        words = line.strip().split(maxsplit=2)
        if words[:1] == ["progress"] and len(words) > 1:
            tell(Progress(label, float(words[1].rstrip("%")), words[2] if len(words) > 2 else ""))
        else:
            told.append(line)

    place.failure(JOB).unlink(missing_ok=True)
    asked = {REQUEST: request, **environment}
    with POOL.lent(Path(root)) as workshop:
        code = workshop.stage(JOB, tell=listen, seconds=TIMEOUT_SECONDS, environment=asked)
    if code != 0:
        raise stage_error(place, JOB, code, "\n".join(told) + f"\nexited with {code}")


def default_jobs(threads: int) -> int:
    """As many trainings at a time as have `threads` cores each; at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // threads)
