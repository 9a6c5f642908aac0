"""Token states → what a head sees: their mean, or the state of each word's first token."""

import torch
from torch import Tensor, nn


def mean_pool(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """The mean of each row's token states, scaled to length √D.

    hidden: (B, T, D), attention_mask: (B, T), 1 for the tokens that count. Returns (B, D) in float32. The scaling makes
    rates and head sizes mean the same for every base. So does the mean under causal attention, where a state knows only
    what stands before it: one rule for all bases, and no last token, which a base may never have learned to end a text
    with, says it all.
    """
    mask = attention_mask.unsqueeze(-1).to(torch.float32)
    mean = (hidden.float() * mask).sum(1) / mask.sum(1).clamp(min=1)
    return nn.functional.normalize(mean, dim=-1) * mean.shape[-1] ** 0.5


def word_states(states: Tensor, words: Tensor) -> Tensor:
    """The state of each word's first token, scaled to length √D, in float32: (B, W, D). Words without one: any state.

    states: (B, T, D); words: (B, W) places of first tokens, -1 where there is none.
    """
    places = words.clamp(min=0).unsqueeze(-1).expand(-1, -1, states.shape[-1])
    return nn.functional.normalize(states.float().gather(1, places), dim=-1) * states.shape[-1] ** 0.5
