"""A logistic head on fixed features."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def fit_logistic_head(
    head: torch.nn.Linear,
    features: Tensor,
    labels: Tensor,
    *,
    inverse_penalty: float,
    iterations: int,
    weights: Tensor | None = None,
    after_iteration: Callable[[int, float], None] | None = None,
) -> int:
    """Fit `head` in place to the minimum of the penalised logistic loss; returns the iterations it took.

    The loss is that of scikit-learn's LogisticRegression on features u = x / √D of length 1:
    C · Σ wᵢ · crossentropyᵢ + ½‖W‖², minimised by L-BFGS (Liu & Nocedal 1989) in float64, so that the number of
    threads hardly matters. features: (N, D) rows of length √D; labels: (N,); weights: (C,) per label.
    """
    unit = (features / features.shape[1] ** 0.5).double()
    matrix = (head.weight.detach() * features.shape[1] ** 0.5).double().requires_grad_()
    bias = head.bias.detach().double().requires_grad_()
    row_weights = torch.ones(len(labels), dtype=torch.float64) if weights is None else weights.double()[labels]
    scale = inverse_penalty * row_weights.sum()
    optimizer = torch.optim.LBFGS([matrix, bias], max_iter=1, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        per_row = F.cross_entropy(unit @ matrix.T + bias, labels, reduction="none")
        loss = (per_row * row_weights).sum() / row_weights.sum() + matrix.square().sum() / (2 * scale)
        loss.backward()
        return loss

    previous = float("inf")
    for iteration in range(1, iterations + 1):
        loss = optimizer.step(closure).item()
        if after_iteration:
            after_iteration(iteration, loss)
        if previous - loss < 1e-7:
            break
        previous = loss
    with torch.no_grad():
        head.weight.copy_(matrix / features.shape[1] ** 0.5)
        head.bias.copy_(bias)
    return iteration
