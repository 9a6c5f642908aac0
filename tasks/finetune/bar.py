"""A progress bar for a person at the terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """Steps done, the latest loss, the latest val score."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("finetune", total=None, loss="", val="")

    def expect(self, steps: int) -> None:
        """How many steps there will be."""
        self._progress.update(self._task, total=steps)

    def show(self, step: int, numbers: dict[str, float]) -> None:
        """Move to `step`."""
        shown: dict[str, Any] = {}
        if "train_loss" in numbers:
            shown["loss"] = f"loss {numbers['train_loss']:.3f}"
        if "val_macro_f1" in numbers:
            shown["val"] = f"val F1 {numbers['val_macro_f1']:.3f}"
        elif "val_score" in numbers:
            shown["val"] = f"val {numbers['val_score']:.3f}"
        self._progress.update(self._task, completed=step, **shown)


class Lines:
    """The same for a program that reads our output: a line on stdout for each percent."""

    def __init__(self) -> None:
        self._steps = 0
        self._told = -1

    def expect(self, steps: int) -> None:
        """How many steps there will be."""
        self._steps = steps

    def show(self, step: int, numbers: dict[str, float]) -> None:
        """Tell that `step` is done, if that makes another percent."""
        percent = 100 * step // max(1, self._steps)
        if self._steps and percent > self._told:
            self._told = percent
            loss = f", loss {numbers['train_loss']:.3f}" if "train_loss" in numbers else ""
            sys.stdout.write(f"progress {percent}% step {step} of {self._steps}{loss}\n")
            sys.stdout.flush()


@contextmanager
def progress_bar() -> Iterator[Bar]:
    """A bar on stderr."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}  {task.fields[val]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Bar(progress)
