"""How much what the model says depends on each weight."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tasks.model.batches import pad
from tasks.model.classifier import Classifier
from tasks.targets import LabelTarget, Target

LABEL = LabelTarget()
Fisher = dict[str, Tensor]
"""For each parameter's name a tensor of its shape, none of it negative."""


def diagonal_fisher(
    model: Classifier,
    names: Sequence[str],
    ids: Sequence[Sequence[int]],
    *,
    rows: int,
    seed: int,
    target: Target = LABEL,
) -> Fisher:
    """The mean over rows of (∂ log p(y|x) / ∂w)², y drawn from the model's own p(·|x); in float32, dropout off.

    Squares are taken row by row: the square of a batch's mean gradient is another, smaller number. Labels come from the
    model, since with the true ones it is the empirical Fisher, which measures something else (Kunstner et al. 2019,
    arXiv 1905.12558). At most `rows` rows of `ids`, drawn by `seed`. The model is left as it was.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randperm(len(ids), generator=generator)[:rows].tolist()
    device = model.head.weight.device
    own = dict(model.named_parameters())
    weights = {name: own[name].detach().requires_grad_() for name in names}  # the same memory, no gradient left behind
    fisher = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    with _without_dropout(model), torch.enable_grad():
        for row in drawn if names else []:
            batch = pad([row], ids).to(device)
            inputs = (batch.input_ids, batch.attention_mask)
            outputs = torch.func.functional_call(model, weights, inputs, batch.extras)
            log_p = target.sampled_log_likelihood(outputs, generator)
            gradients = torch.autograd.grad(log_p, list(weights.values()), allow_unused=True)
            for name, gradient in zip(names, gradients, strict=True):
                if gradient is not None:
                    fisher[name].addcmul_(gradient, gradient, value=1 / len(drawn))
    return fisher


def of_mean_one(fisher: Mapping[str, Tensor]) -> Fisher:
    """The same shares, scaled so that the mean over all weights is 1; zeros stay zeros."""
    total = sum(float(each.sum(dtype=torch.float64)) for each in fisher.values())
    mean = total / max(1, sum(each.numel() for each in fisher.values()))
    return {name: each / mean if mean else each for name, each in fisher.items()}


@contextmanager
def _without_dropout(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
