"""What features say of their rows without any training"""

import torch
from torch import Tensor
from torch.nn import functional as F


def nearest_centroid_accuracy(features: Tensor, labels: Tensor) -> float:
    """The share of rows nearest, by cosine, to the mean of their own label, each row left out of its own mean.

    features: (N, D), labels: (N,) from 0 on, at least two rows of each.
    """
    towards = F.normalize(features.double(), dim=-1)
    belongs = F.one_hot(labels).double()
    sums, counts = belongs.T @ towards, belongs.sum(0)
    cosines = F.normalize(sums / counts[:, None], dim=-1) @ towards.T
    own = F.normalize((sums[labels] - towards) / (counts[labels] - 1)[:, None], dim=-1)
    cosines[labels, torch.arange(len(labels))] = (own * towards).sum(-1)
    return float((cosines.argmax(0) == labels).double().mean())


def neighbours_kept(before: Tensor, now: Tensor, count: int) -> float:
    """The mean share of a row's `count` nearest rows, by cosine, that are still among its nearest. Both (N, D)."""
    then, still = _nearest(before, count), _nearest(now, count)
    return float((then & still).sum(1).double().mean()) / count


def _nearest(features: Tensor, count: int) -> Tensor:
    """(N, N), true where a row is among the nearest of another; none is its own neighbour."""
    towards = F.normalize(features.double(), dim=-1)
    cosines = (towards @ towards.T).fill_diagonal_(-torch.inf)
    chosen = torch.zeros_like(cosines, dtype=torch.bool)
    return chosen.scatter_(1, cosines.topk(count, dim=1).indices, True)
