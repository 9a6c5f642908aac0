"""Stages as forks of one process, so that several stages load the big libraries once.

A stage in a process of its own spends seconds on imports that the stage before it has just made. Here one process
imports what they share and does nothing else; each stage is a fork of it, so that its memory, threads and mistakes
still end with it. The process never starts a thread, since a fork would take a thread's locks and not the thread.
"""

import atexit
import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, NoReturn

from tasks.stages import SHARED_IMPORTS

_Fork = multiprocessing.get_context("fork").Process
HARMLESS_THREADS = {"jemalloc_bg_thd"}
"""Arrow's allocator starts it and minds it in a fork (jemalloc registers pthread_atfork)."""


class Forks:
    """The process that forks; it ends when the one that started it does."""

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self.has_died = False
        self._requests = requests
        self._answers = answers

    @classmethod
    def start(cls) -> "Forks":
        """Fork the forking process; call it before there is any thread."""
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        if os.fork() == 0:
            os.close(ours_in)
            os.close(ours_out)
            _serve(os.fdopen(theirs_in), os.fdopen(theirs_out, "w"))
        os.close(theirs_in)
        os.close(theirs_out)
        return cls(os.fdopen(ours_out, "w"), os.fdopen(ours_in))

    def run(self, stage: str, folder: Path, environment: Mapping[str, str]) -> int:
        """A stage's exit code, -n if signal n ended it. Raises ChildProcessError if the forking process has died."""
        request = {"stage": stage, "folder": str(folder), "environment": dict(environment)}
        try:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
            return int(self._answers.readline())
        except (BrokenPipeError, ValueError):
            self.has_died = True
            raise ChildProcessError("the process that starts stages has died") from None


def _serve(requests: IO[str], answers: IO[str]) -> NoReturn:
    """Fork for each request until there are no more."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for line in requests:
        request = json.loads(line)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        _load(SHARED_IMPORTS.get(request["stage"], ()))
        fork = _Fork(target=_run, args=(request["stage"], is_fit_to_fork()))
        fork.start()
        fork.join()
        answers.write(f"{fork.exitcode}\n")
        answers.flush()
    os._exit(0)


def _load(modules: Iterable[str]) -> None:
    gc.disable()  # modules are not garbage: looking through them again and again is a sixth of the imports
    for name in modules:
        with suppress(ImportError):  # the stage will miss it too, and says so in better words
            import_module(name)
    gc.enable()
    gc.freeze()  # nor are they looked at in the forks, each of which would copy them


def is_fit_to_fork() -> bool:
    """Whether a fork of this process can go on without an exec: on Linux, and with no thread that could hold a lock."""
    threads = Path("/proc/self/task")
    if not threads.is_dir():
        return False
    names = [(each / "comm").read_text().strip() for each in threads.iterdir() if each.name != str(os.getpid())]
    return set(names) <= HARMLESS_THREADS


def _run(stage: str, fit: bool) -> NoReturn:
    """Run a stage in this fork, or, where a fork is not fit for it, as a program of its own."""
    if not fit:
        os.execv(sys.executable, [sys.executable, "-m", "tasks", stage])  # noqa: S606 - no shell
    from tasks.__main__ import main

    sys.argv = ["tasks", stage]
    try:
        sys.exit(main([stage]))
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out, and all else that Python does at its end: 1.4 CPU-s
