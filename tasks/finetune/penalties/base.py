"""What every penalty is: settings, and what they become once a training stands ready."""

from typing import TYPE_CHECKING, ClassVar

from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Pass, Training
    from tasks.model.classifier import Classifier


class Term:
    """A penalty at work, a base of no-ops. What it adds is learned from like the loss itself."""

    def on_weights(self) -> "Tensor | None":
        """A number that is added once to each step's loss, however many batches and processes it has."""
        return None

    def on_rows(self, batch: "Pass") -> "Tensor | None":  # noqa: ARG002
        """(B,) that is added to the rows' losses and weighed as they are."""
        return None


@settings
class Penalty:
    """Adds nothing."""

    needs: ClassVar[tuple[str, ...]] = ()
    """What the base must have, in the words of tasks.model.needs."""
    moves_words: ClassVar[bool] = False
    """Whether it changes what comes out of the table of words, so that stored states cannot stand in for it."""

    @property
    def replaces(self) -> float:
        """The share of a row's own loss that the loss of other passes takes the place of."""
        return 0.0

    @property
    def passes(self) -> int:
        """How many more passes, forward and back, it makes over each batch."""
        return 0

    @property
    def held_passes(self) -> int:
        """How many of them are in memory at once, beside the batch's own."""
        return self.passes

    @property
    def rows_at_start(self) -> int:
        """At most how many train rows it passes through the whole model, forward and back, before the first step."""
        return 0

    @property
    def held_copies(self) -> int:
        """How many numbers it keeps for each weight that learns."""
        return 0

    def why_idle(self, model: "Classifier") -> str:  # noqa: ARG002
        """Why it would change nothing in a training of `model`; "" if it would."""
        return ""

    def start(self, training: "Training") -> Term:  # noqa: ARG002
        """The term for a training that has not begun: weights as pre-trained, the head at its prototypes.

        Called before a checkpoint is put back, so that a resumed training starts the same terms. It may look at the
        model but must leave weights, gradients and random state as they are.
        """
        return Term()
