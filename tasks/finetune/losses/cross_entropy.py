"""The surprise at the true label."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasks.finetune.losses.base import Loss
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor


@settings
class CrossEntropy(Loss):
    """The ordinary loss, with label smoothing (Szegedy et al. 2015, arXiv 1512.00567, section 7) where asked."""

    kind: Literal["cross_entropy"] = "cross_entropy"
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the target spread evenly over all labels: less certain, more forgiving of wrong labels."""

    def rows(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        from torch.nn import functional as F

        return F.cross_entropy(logits, targets, reduction="none", label_smoothing=self.smoothing)

    def binary(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        return super().binary(logits, targets * (1 - self.smoothing) + self.smoothing / 2)
