"""Averages of weights."""

from collections.abc import Mapping, Sequence

from torch import Tensor

Weights = Mapping[str, Tensor]


def interpolate(first: Weights, last: Weights, alpha: float) -> dict[str, Tensor]:
    """(1 − α) first + α last of every tensor; at the ends the very tensors. Computed in float64."""
    if alpha in (0.0, 1.0):
        return dict(last if alpha else first)
    return {
        name: ((1 - alpha) * tensor.double() + alpha * last[name].double()).to(tensor.dtype)
        for name, tensor in first.items()
    }


def mean_weights(members: Sequence[Weights]) -> dict[str, Tensor]:
    """The mean of every tensor. In float64, so that what is the same in all members stays so to the bit."""
    return {
        name: (sum((each[name].double() for each in members[1:]), tensor.double()) / len(members)).to(tensor.dtype)
        for name, tensor in members[0].items()
    }
