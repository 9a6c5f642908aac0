"""What every loss is: logits and labels → a number a row."""

from typing import TYPE_CHECKING

from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor


@settings
class Loss:
    """Cross-entropy."""

    def rows(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        """Each row's loss, (B,), before row weights. logits: (B, C) float32, targets: (B,)."""
        from torch.nn import functional as F

        return F.cross_entropy(logits, targets, reduction="none")

    def binary(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        """The loss of each label apart, (B, C). logits: (B, C) float32, targets: (B, C) of 0 and 1."""
        from torch.nn import functional as F

        return F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
