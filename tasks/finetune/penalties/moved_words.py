"""A batch whose words are moved against the model, within bounds: what attacks on the table of words are made of."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from tasks.finetune.training import Pass


class MovedWords:
    """One batch, to whose words' vectors E (B, T, D) something is added, at most `epsilon` · ‖E‖ long in each row.

    Both lengths are Euclidean norms over all vectors of a row's own tokens; padding is neither counted nor moved. So
    epsilon means the same for short and long texts, and for bases with short and long vectors, and a base that learns
    cannot escape by making its vectors longer, which is why Miyato et al. normalise them. E is what comes out of the
    table, before positions and norms.

    All passes drop out the same, so that the words are moved against the very network that then learns from them (Zhu
    et al. 2020, section 3.3).
    """

    def __init__(self, batch: "Pass", table: nn.Module, epsilon: float, *, at_random: bool = False) -> None:
        """Nothing is moved yet, or, with `at_random`, each number uniformly within ± 1/√(how many the row has)."""
        self._batch, self._table, self._epsilon = batch, table, epsilon
        lengths = batch.lengths
        places = torch.arange(int(lengths.max()), device=lengths.device)
        self._is_token = (places < lengths[:, None]).unsqueeze(-1).float()
        width = int(table.embedding_dim)  # type: ignore[arg-type]
        self._shares = torch.zeros(len(lengths), len(places), width, device=lengths.device)
        """What is added, in units of the bound: (B, T, D), each row at most 1 long."""
        if at_random:
            per_row = (lengths * width).float().sqrt()[:, None, None]
            self._shares = self._shares.uniform_(-1, 1) * self._is_token / per_row

    def losses(self, *, last: bool) -> Tensor:
        """Each row's loss (B,) with its words moved; `climb` may follow unless it is the `last` pass of this batch."""
        self._shares = self._shares.detach().requires_grad_(not last)
        device = self._shares.device
        devices = [device] if device.type == "cuda" else []
        handle = self._table.register_forward_hook(self._move)
        try:
            with torch.random.fork_rng(devices, enabled=not last):  # the next pass draws the same numbers again
                return self._batch.loss(self._batch.forward())
        finally:
            handle.remove()

    def climb(self, losses: Tensor, *, step: float, keep: bool = False) -> None:
        """Move each row's words by `step` of its bound up the gradient of its loss, and back within the bound.

        losses: what the pass before gave; `keep` it whole if it is to be learned from.
        """
        (gradient,) = torch.autograd.grad(losses.sum(), self._shares, retain_graph=keep)
        gradient = gradient * self._is_token
        smallest = torch.finfo(gradient.dtype).tiny
        moved = self._shares.detach() + step * gradient / _lengths(gradient).clamp_min(smallest)
        self._shares = moved / _lengths(moved).clamp_min(1.0)

    def _move(self, _: nn.Module, __: Any, words: Tensor) -> Tensor:
        bound = self._epsilon * _lengths(words.detach() * self._is_token)
        return words + bound * self._shares


def _lengths(vectors: Tensor) -> Tensor:
    """(B, T, D) → (B, 1, 1), the Euclidean norm of each row's numbers."""
    return vectors.flatten(1).norm(dim=1)[:, None, None]
