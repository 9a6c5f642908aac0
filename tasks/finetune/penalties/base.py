"""What every penalty is: settings, and what they become once a training stands ready."""

from typing import TYPE_CHECKING, ClassVar

from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Pass, Training


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

    moves_words: ClassVar[bool] = False
    """Whether it changes what comes out of the table of words, so that stored states cannot stand in for it."""

    def start(self, training: "Training") -> Term:  # noqa: ARG002
        """The term for a training that has not begun: weights as pre-trained, the head at its prototypes.

        Called before a checkpoint is put back, so that a resumed training starts the same terms. It may look at the
        model but must leave weights, gradients and random state as they are.
        """
        return Term()
