"""What learns, gathered by depth: norms of gradients and updates, one number a depth"""

import torch
from torch import Tensor

from tasks.model.classifier import Classifier, parameter_depths
from tasks.model.encoder import layer_stack


class LearningDepths:
    """The depths that hold something that may learn: 0 embeddings, 1 … L layers, L + 1 final norm, L + 2 head."""

    def __init__(self, model: Classifier) -> None:
        self.layers = len(layer_stack(model.encoder))
        depth_of = parameter_depths(model)
        named = [(depth_of[name], parameter) for name, parameter in model.named_parameters() if name in model.learnable]
        self.depths = sorted({depth for depth, _ in named})
        every = ["embeddings", *(f"layer {number}" for number in range(1, self.layers + 1)), "final norm", "head"]
        self.names = [every[depth] for depth in self.depths]
        self._parameters = [parameter for _, parameter in named]
        device = self._parameters[0].device
        self._places = torch.tensor([self.depths.index(depth) for depth, _ in named], device=device)

    @torch.no_grad()
    def gradient_norms(self) -> list[float]:
        """Of each depth, over all its parameters; 0 where there is no gradient."""
        given = {place: each.grad for place, each in enumerate(self._parameters) if each.grad is not None}
        norms = torch.zeros(len(self._parameters), device=self._places.device)
        if given:
            places = torch.tensor(list(given), device=norms.device)
            norms[places] = torch.stack(torch._foreach_norm(list(given.values()))).float()
        return self._by_depth(norms)

    @torch.no_grad()
    def copies(self) -> list[Tensor]:
        """Every parameter that may learn, as it stands."""
        return [parameter.detach().clone() for parameter in self._parameters]

    @torch.no_grad()
    def update_ratios(self, before: list[Tensor]) -> list[float]:
        """Of each depth how far the weights are from `before`, as a share of their length then. Uses `before` up."""
        lengths = self._by_depth(torch.stack(torch._foreach_norm(before)).float())
        torch._foreach_sub_(before, [each.detach() for each in self._parameters])
        moves = self._by_depth(torch.stack(torch._foreach_norm(before)).float())
        return [move / max(length, 1e-12) for move, length in zip(moves, lengths, strict=True)]

    def _by_depth(self, norms: Tensor) -> list[float]:
        sums = torch.zeros(len(self.depths), device=norms.device, dtype=torch.float64)
        return sums.index_add_(0, self._places, norms.double().square()).sqrt().tolist()
