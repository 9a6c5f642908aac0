"""Outputs of many rows, put together from batches, of rows or of words."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tasks.targets import Target


def empty_outputs(target: Target, truth: Tensor, width: int) -> Tensor:
    """Zeros in the shape of the outputs of N rows: (N, C), or (N, W, C) where each word is answered."""
    return torch.zeros(*truth.shape, width) if target.per_word else torch.zeros(len(truth), width)


def put_outputs(found: Tensor, rows: Sequence[int], outputs: Tensor) -> None:
    """Put a batch's outputs into their places, in place; a batch holds the words of its own longest row."""
    if outputs.dim() == 3:
        found[rows, : outputs.shape[1]] = outputs.cpu()
    else:
        found[rows] = outputs.cpu()


def truth_of(truth: Tensor, rows: Sequence[int], outputs: Tensor) -> Tensor:
    """The truth of a batch's rows; of words, as many as its outputs have."""
    return truth[rows, : outputs.shape[1]] if outputs.dim() == 3 else truth[rows]


def cool_head(weights: dict[str, Tensor], temperature: float) -> dict[str, Tensor]:
    """The weights with the head divided by the temperature, which divides the outputs."""
    return {name: value / temperature if name.startswith("head.") else value for name, value in weights.items()}
