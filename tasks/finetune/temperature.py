"""Logits → logits whose probabilities can be believed."""

import torch
from torch import Tensor
from torch.nn import functional as F


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The number that logits are best divided by: the one with the lowest log loss on held-out rows.

    Guo et al. 2017, arXiv 1706.04599, §4.2. logits: (N, C), labels: (N,). The most likely label stays what it is.
    Kept within 1/20 … 20, where a val side that is all right or all wrong would run away.
    """
    logits = logits.double()
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / log_temperature.exp(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return float(log_temperature.detach().exp().clamp(0.05, 20.0))


def cool_head(weights: dict[str, Tensor], temperature: float) -> dict[str, Tensor]:
    """The weights with the head divided by the temperature, which divides the logits."""
    return {name: value / temperature if name.startswith("head.") else value for name, value in weights.items()}
