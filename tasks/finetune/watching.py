"""Who looks on while a model learns: the person at the terminal, and MLflow."""

import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from tasks.finetune.settings import FinetuneSettings
from tasks.launcher import rank
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.settings import as_dict

POINTS = 200
"""At most about so many train losses of a run go to MLflow: more cost time and show nothing."""


class Watch:
    """Passes numbers on; a rank other than 0 stays silent."""

    def __init__(self, live: Any, bar: Any, member: int | None = None, members: int = 1) -> None:
        self._live = live
        self._bar = bar
        self._prefix = "" if member is None else f"members/{member}/"
        self._member, self._members = member or 0, members
        self._every = 1
        self._steps = 0

    def of_member(self, member: int, members: int) -> "Watch":
        """A watch of one of several trainings: its numbers are told apart by name, and the bar goes on."""
        return Watch(self._live, self._bar, member, members)

    def expect(self, steps: int) -> None:
        """How many steps there will be."""
        self._every = max(1, steps // POINTS)
        self._steps = steps
        if self._bar:
            self._bar.expect(steps * self._members)

    def numbers(self, step: int, numbers: dict[str, float]) -> None:
        """Numbers of a step or, when they begin with val_, of an epoch."""
        is_epoch = any(key.startswith("val_") for key in numbers)
        is_last = not all(math.isfinite(each) for each in numbers.values())
        if self._live and (is_epoch or is_last or step % self._every == 0):
            self._live.log(step, {f"{self._prefix}{key}": value for key, value in numbers.items()})
        if self._bar:
            self._bar.show(self._member * self._steps + step, numbers)

    def curve(self, name: str, numbers: Mapping[int, Mapping[str, float]]) -> None:
        """Numbers by their place on another axis than the steps."""
        for place, each in numbers.items():
            if self._live:
                self._live.log(place, {f"{name}/{key}": value for key, value in each.items()})

    def finish(self, model_digest: str, tags: Mapping[str, str] | None = None) -> None:
        """The model is saved under this digest."""
        if self._live:
            self._live.finish(model_digest, tags)


@contextmanager
def watching(paths: Paths, settings: FinetuneSettings, base: BaseSettings) -> Iterator[Watch]:
    """A watch for the length of a training."""
    if rank() > 0:
        yield Watch(None, None)
        return
    from tasks.finetune.bar import Lines, progress_bar
    from tasks.tracking import live_run

    params = {"finetune": as_dict(settings), "base": as_dict(base)}
    post = "" if settings.post.kind == "none" else f"-{settings.post.kind}"
    live = live_run(paths, name=f"finetune-{settings.strategy.kind}{post}", params=params, tags={})
    lines = Lines() if os.environ.get("FINETRACE_PROGRESS") == "lines" else None
    with live as run, progress_bar() if sys.stderr.isatty() and not lines else nullcontext(lines) as bar:
        yield Watch(run, bar)
