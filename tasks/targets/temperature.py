"""Logits → logits whose probabilities can be believed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def fit_temperature(mean_loss: "Callable[[Tensor], Tensor]") -> float:
    """The number that logits are best divided by: the one with the lowest loss on held-out rows.

    Guo et al. 2017, arXiv 1706.04599, §4.2. mean_loss: temperature → the mean log loss of logits divided by it. The
    most likely label stays what it is. Kept within 1/20 … 20: a val side all right or all wrong would run away.
    """
    import torch

    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> "Tensor":
        optimizer.zero_grad()
        loss = mean_loss(log_temperature.exp())
        loss.backward()
        return loss

    optimizer.step(closure)
    return float(log_temperature.detach().exp().clamp(0.05, 20.0))
