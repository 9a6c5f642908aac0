"""Weights that the pre-trained model depends on are drawn back to where they started, the others hardly."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasks.finetune.penalties.base import Penalty, Term
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training
    from tasks.model.classifier import Classifier


@settings
class Ewc(Penalty):
    """strength/2 · Σ F (w − w₀)² over the base, F the diagonal Fisher. Kirkpatrick et al. 2017, arXiv 1612.00796.

    Their eq. 3. F is measured at the start, with the head at its prototypes, and divided by its mean over all these
    weights: so strength means what it does for l2_sp, which is this with F = 1, on every base. Costs one pass over
    `rows` single rows, and twice the memory of what learns.
    """

    kind: Literal["ewc"] = "ewc"
    strength: Annotated[float, Field(gt=0)] = 0.01
    """More keeps the base's important weights nearer to the pre-trained ones."""
    rows: Annotated[int, Field(ge=1, le=100_000)] = 256
    """How many train rows F is measured on, one by one; more is steadier and takes longer to start."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Which rows those are, and which labels are drawn for them."""

    @property
    def rows_at_start(self) -> int:
        return self.rows

    @property
    def held_copies(self) -> int:
        return 2

    def why_idle(self, model: "Classifier") -> str:
        from tasks.finetune.penalties.anchor import why_nothing_is_held

        return why_nothing_is_held(model)

    def start(self, training: "Training") -> Term:
        return _Anchored(self, training)


class _Anchored(Term):
    def __init__(self, settings: Ewc, training: "Training") -> None:
        from tasks.finetune.penalties.anchor import Anchor
        from tasks.finetune.penalties.fisher import diagonal_fisher, of_mean_one

        self._strength = settings.strength
        self._anchor = Anchor(training.model)
        ids = training.train.examples.ids
        self._importance = of_mean_one(
            diagonal_fisher(
                training.model,
                self._anchor.names,
                ids,
                rows=settings.rows,
                seed=settings.seed,
                target=training.target,
            )
        )

    def on_weights(self) -> "Tensor":
        return self._strength / 2 * self._anchor.distance(self._importance)
