"""What every monitor is: settings, and who looks on once a training stands ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training

Epoch = Mapping[str, float]
Numbers = dict[str, float]
"""By name; a name of two parts, `gradient_norm/layer 1`, is one thing at one place."""


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
    watched as if it had never stopped. `notes["epochs"]` are the numbers of each epoch; where there is something to
    see before the first step, epoch 0 is the first of them.
    """

    def __init__(self, notes: dict[str, Any]) -> None:
        self.notes = notes
        self.epochs: list[dict[str, Any]] = notes.setdefault("epochs", [])

    def before_clipping(self) -> None:
        """Called in each step when the gradients are whole and not yet shortened."""

    def after_step(self, loss: float) -> None:
        """Called in each step when the weights have moved and the gradients still stand; `loss` is the rows' mean."""

    def after_epoch(self, history: Sequence[Epoch], logits: "Tensor") -> Numbers:  # noqa: ARG002
        """Numbers of the epoch that is the last of `history`; `logits` (N, C) are of the val rows."""
        return {}

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:  # noqa: ARG002
        """What should be looked at, as of the last epoch of `history`."""
        return []

    def findings(self) -> dict[str, Any]:
        """What the report keeps, plain JSON."""
        return {"epochs": self.epochs}


@settings
class Monitor:
    """Sees nothing."""

    needs: ClassVar[tuple[str, ...]] = ()
    """What the base must have, in the words of tasks.model.needs."""

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:  # noqa: ARG002
        """The watcher for a training that has not begun, called before a checkpoint is put back; see `Watcher`.

        `notes` is empty then, or what the checkpoint holds.
        """
        return Watcher(notes)
