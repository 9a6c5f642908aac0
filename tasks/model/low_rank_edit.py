"""Edits of the states of a row's first and last tokens, in a small subspace (LoReFT)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tasks.model.encoder import layer_stack


class LowRankEdit(nn.Module):
    """h + Rᵀ(Wh + b − Rh). Wu et al. 2024, arXiv 2404.03592, eq. 2.

    R (K, D) is made from a free matrix by a QR decomposition, so its rows are orthonormal whatever is learned.
    PyTorch's own `orthogonal` is no way to this: it keeps signs on a diagonal, where weight decay makes them 0, and
    part of its state in a buffer, which does not learn and so is not saved.
    """

    def __init__(self, features: int, rank: int) -> None:
        super().__init__()
        self.free = nn.Parameter(torch.randn(rank, features))
        self.source = nn.Parameter(self.rotation().detach().clone())
        self.bias = nn.Parameter(torch.zeros(rank))

    def rotation(self) -> Tensor:
        """R, (K, D)."""
        q, r = torch.linalg.qr(self.free.t())
        return (q * r.diagonal().sgn()).t()  # the signs make it one function of `free`, without jumps

    def forward(self, states: Tensor) -> Tensor:
        """states: (…, D). Returns them edited, in the same dtype; computed in float32."""
        with torch.autocast(states.device.type, enabled=False):
            rotation, h = self.rotation(), states.float()
            difference = F.linear(h, self.source - rotation, self.bias)  # Wh + b − Rh, exactly 0 at first
            return (h + difference @ rotation).to(states.dtype)


class Positions:
    """Which tokens are edited: told once a forward pass, where the mask is known, and asked in each layer."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = first, last
        self.chosen: Tensor | None = None
        """(B, T) booleans of the batch in hand."""

    def look(self, _: Any, __: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A hook before the encoder's forward."""
        self.chosen = chosen_tokens(kwargs["attention_mask"], self._first, self._last)

    def edit(self, layer: Any, _: tuple[Any, ...], output: Any) -> Any:
        """A hook behind a layer's forward."""
        assert self.chosen is not None
        states: Tensor = output[0] if isinstance(output, tuple) else output
        edited = torch.where(self.chosen.unsqueeze(-1), layer.low_rank_edit(states), states)
        return (edited, *output[1:]) if isinstance(output, tuple) else edited


def chosen_tokens(attention_mask: Tensor, first: int, last: int) -> Tensor:
    """Whether each token is among its row's first or last real ones. attention_mask: (B, T); returns (B, T)."""
    real = attention_mask.bool()
    place = real.cumsum(1)
    from_end = place[:, -1:] - place
    return real & ((place <= first) | (from_end < last))


def edit_states(encoder: Any, *, rank: int, first: int, last: int, layers: int) -> None:
    """Put an edit behind each of the top `layers` layers (0: all), in place."""
    positions = Positions(first, last)
    encoder.register_forward_pre_hook(positions.look, with_kwargs=True)
    for layer in layer_stack(encoder)[-layers:]:
        layer.low_rank_edit = LowRankEdit(int(encoder.config.hidden_size), rank)
        layer.register_forward_hook(positions.edit)
