"""PEFT's low-rank update of a linear map, computed together with the frozen map."""

from typing import Any

import torch
from peft.tuners import lora
from torch import Tensor, nn
from torch.nn import functional as F


class LowRankLinear(lora.Linear):
    """PEFT's layer with a quicker way to what its forward gives.

    PEFT leaves it to autocast to cast the frozen weights in every step, takes the input to float32 and back, and adds
    the update in a pass of its own; here the weights are cast once and the update is added to the products in place.
    """

    _cast: tuple[tuple[Any, ...], Tensor, Tensor | None] | None = None

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """x W + b and the update. x: (…, I), returns (…, O) in the dtype of products."""
        plain = self.disable_adapters or self.merged or args or kwargs or len(self.active_adapters) != 1
        if plain or not isinstance(self.lora_dropout[self.active_adapters[0]], nn.Identity):
            return super().forward(x, *args, **kwargs)  # with dropout the update has an input of its own
        name = self.active_adapters[0]
        device = x.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        weight, bias = self._frozen(dtype)
        down, up = self.lora_A[name].weight, self.lora_B[name].weight
        rows = x.to(dtype).reshape(-1, x.shape[-1])
        return _FrozenAndLowRank.apply(rows, weight, bias, down, up, self.scaling[name]).view(*x.shape[:-1], -1)

    def _frozen(self, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        """Weight and bias of the frozen map as `dtype`; cast again only if they were moved or changed."""
        weight, bias = self.get_base_layer().weight, self.get_base_layer().bias
        key = (dtype, weight.data_ptr(), weight._version)
        if self._cast is None or self._cast[0] != key:
            self._cast = (key, weight.detach().to(dtype), None if bias is None else bias.detach().to(dtype))
        return self._cast[1], self._cast[2]


class _FrozenAndLowRank(torch.autograd.Function):
    """y = x Wᵀ + b + s (x Aᵀ) Bᵀ, W (O, I) and b (O) frozen, A (R, I) and B (O, R) learning in float32; x: (N, I)."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scaling: float
    ) -> Tensor:
        down, up = down.to(x.dtype), up.to(x.dtype)
        narrow = x @ down.t()
        ctx.save_for_backward(x, weight, down, up, narrow)
        ctx.scaling = scaling
        return F.linear(x, weight, bias).addmm_(narrow, up.t(), alpha=scaling)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, down, up, narrow = ctx.saved_tensors
        narrow_grad = (grad @ up).mul_(ctx.scaling)
        of_x = (grad @ weight).addmm_(narrow_grad, down) if ctx.needs_input_grad[0] else None
        of_down, of_up = narrow_grad.t() @ x, (narrow.t() @ grad).t()
        return of_x, None, None, of_down.float(), of_up.float() * ctx.scaling, None
