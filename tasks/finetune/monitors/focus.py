"""Attention weights → how widely and how far each head looks"""

import torch
from torch import Tensor


def entropy_share(weights: Tensor, mask: Tensor) -> Tensor:
    """Each query's entropy as a share of the largest possible, (B, H, T): 0 is one token, 1 all alike.

    weights: (B, H, T + V, T + V) or (B, H, T, T + V), V virtual tokens before the text's T; mask: (B, T), 1 a token.
    """
    shares = weights[:, :, -mask.shape[1] :].float()
    entropy = torch.special.entr(shares).sum(-1)
    keys = mask.sum(-1) + shares.shape[-1] - mask.shape[1]
    return entropy / keys.float().log().clamp(min=1e-9)[:, None, None]


def mean_distance(weights: Tensor, mask: Tensor) -> Tensor:
    """How many tokens away each query looks in the mean, (B, H, T); virtual tokens stand nowhere and do not count."""
    length = mask.shape[1]
    shares = weights[:, :, -length:, -length:].float() * mask[:, None, None, :].float()
    places = torch.arange(length, device=weights.device)
    away = (places[:, None] - places[None, :]).abs().float()
    return (shares * away).sum(-1) / shares.sum(-1).clamp(min=1e-9)
