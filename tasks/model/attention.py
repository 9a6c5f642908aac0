"""Attention weights, asked of a base whichever way it usually computes attention."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tasks.model.encoder import layer_stack


@contextmanager
def eager_attention(encoder: Any) -> Iterator[None]:
    """Within the block the base computes attention step by step, since no other way hands out its weights."""
    configs = {id(each): each for module in encoder.modules() if (each := getattr(module, "config", None)) is not None}
    found = [each for each in configs.values() if hasattr(each, "_attn_implementation")]
    before = [each._attn_implementation for each in found]
    for each in found:
        each._attn_implementation = "eager"
    try:
        yield
    finally:
        for each, way in zip(found, before, strict=True):
            each._attn_implementation = way


def attention_weights(output: Any) -> list[Tensor]:
    """Each layer's weights, (B, heads, queries, keys), of an output of a base asked for them; [] if it gave none."""
    found = getattr(output, "attentions", None) or ()
    return [each for each in found if isinstance(each, Tensor) and each.dim() == 4]


@torch.no_grad()
def gives_attention(encoder: nn.Module) -> bool:
    """Whether the base hands out one set of weights for each layer, tried on three tokens."""
    training = {module: module.training for module in encoder.modules()}
    device = next(encoder.parameters()).device
    ids = torch.zeros(1, 3, dtype=torch.long, device=device)
    encoder.eval()
    try:
        with eager_attention(encoder):
            output = encoder(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True)
    except (TypeError, ValueError):  # how a base says that it has no such argument
        return False
    finally:
        for module, was in training.items():
            module.training = was
    return len(attention_weights(output)) == len(layer_stack(encoder))
