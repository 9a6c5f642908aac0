"""Two passes with other dropout should say the same."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasks.finetune.penalties.base import Penalty, Term
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Pass, Training
    from tasks.model.classifier import Classifier
    from tasks.targets import Target


@settings
class RDrop(Penalty):
    """The second pass's loss, and strength · ½(KL(p‖q) + KL(q‖p)). Liang et al. 2021, arXiv 2106.14448, eq. 4.

    Twice the cost of a step. The paper sums both passes' losses; here their mean is taken, so that rates mean the same.
    """

    kind: Literal["r_drop"] = "r_drop"
    strength: Annotated[float, Field(ge=0)] = 1.0
    """More makes the two passes agree more; the paper takes 0.5 to 5."""

    @property
    def replaces(self) -> float:
        return 0.5

    @property
    def passes(self) -> int:
        return 1

    def why_idle(self, model: "Classifier") -> str:
        from tasks.finetune.dropout import drops_out

        return "" if drops_out(model) else "nothing that learns drops out, so both passes are the same"

    def start(self, training: "Training") -> Term:
        return _Twice(self.strength, training.target)


class _Twice(Term):
    def __init__(self, strength: float, target: "Target") -> None:
        self._strength = strength
        self._divergence = target.divergence

    def on_rows(self, batch: "Pass") -> "Tensor":
        again = batch.forward()
        both_ways = self._divergence(batch.logits, again)  # KL(p‖q) + KL(q‖p)
        mean_of_losses = (batch.loss(again) - batch.loss(batch.logits)) / 2  # the first is counted already
        return mean_of_losses + self._strength * both_ways / 2
