"""What every monitor is: settings, and who looks on once a training stands ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.settings import settings

if TYPE_CHECKING:
    from tasks.finetune.training import Training

Epoch = Mapping[str, float]


@dataclass(frozen=True)
class Alarm:
    """Something that a person should look at."""

    name: str
    """A word, the same for the same trouble."""
    epoch: int
    """The epoch, from 1, in which it was first seen."""
    message: str
    """What was seen, with its numbers."""
    advice: str
    """Which setting to turn."""


class Watcher:
    """A monitor at work, a base of no-ops. It only looks: weights, gradients and random state stay as they are.

    All that it remembers lies in `notes`, plain JSON that is part of each checkpoint, so that a resumed training is
    watched as if it had never stopped.
    """

    def __init__(self, notes: dict[str, Any]) -> None:
        self.notes = notes

    def before_clipping(self) -> None:
        """Called in each step when the gradients are whole and not yet shortened."""

    def after_step(self) -> None:
        """Called in each step when the weights have moved and the gradients still stand."""

    def after_epoch(self, history: Sequence[Epoch]) -> dict[str, float]:  # noqa: ARG002
        """Called when an epoch's numbers are the last of `history`; numbers to log, by name."""
        return {}

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:  # noqa: ARG002
        """What should be looked at, as of the last epoch; asked when training is over, and after each epoch."""
        return []


@settings
class Monitor:
    """Sees nothing."""

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:  # noqa: ARG002
        """The watcher for a training that has not begun, called before a checkpoint is put back; see `Watcher`.

        `notes` is empty then, or what the checkpoint holds.
        """
        return Watcher(notes)
