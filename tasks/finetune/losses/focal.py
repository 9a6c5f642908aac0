"""Rows that are right already count less."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasks.finetune.losses.base import Loss
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor


@settings
class Focal(Loss):
    """(1 − p)^gamma · −log p, p the probability of the true label. Lin et al. 2017, arXiv 1708.02002, eq. 4."""

    kind: Literal["focal"] = "focal"
    gamma: Annotated[float, Field(ge=0, le=10)] = 2.0
    """More looks more at rows that are still wrong; 0 is cross-entropy."""

    def rows(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        log_probability = logits.log_softmax(-1).gather(1, targets.unsqueeze(1)).squeeze(1)
        return -((1 - log_probability.exp()) ** self.gamma) * log_probability

    def binary(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        plain = super().binary(logits, targets)
        return (1 - (-plain).exp()) ** self.gamma * plain
