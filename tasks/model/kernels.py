"""Softmax and dropout on CPU as PyTorch defines them, without the slow paths of its own kernels."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

SHORT = 32
"""Rows up to this long: PyTorch's softmax takes up to seven times as long for them as plain operations do."""
LEVELS = 1 << 16
"""A dropout's probability is a whole number of these, as its random numbers have 16 bits."""


class QuickKernels(TorchFunctionMode):
    """Within this block, short softmaxes and dropouts on CPU go a quicker way, wherever the base's code calls them."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function is F.softmax and _is_short(*args, **kwargs):
            return _Softmax.apply(args[0], kwargs.get("dtype") or args[0].dtype)
        if function is F.dropout and _is_half(*args, **kwargs):
            return _Dropout.apply(args[0], kwargs.get("p", args[1] if len(args) > 1 else 0.5))
        return function(*args, **kwargs)


def _is_short(scores: Tensor, dim: int | None = None, *_: Any, **__: Any) -> bool:
    return dim == -1 and scores.device.type == "cpu" and scores.shape[-1] <= SHORT


def _is_half(states: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> bool:
    return training and 0 < p < 1 and not inplace and states.device.type == "cpu" and states.dtype.itemsize == 2


class _Softmax(torch.autograd.Function):
    """pᵢ = exp(sᵢ − max s) / Σⱼ exp(sⱼ − max s) along the last dimension; dsᵢ = pᵢ (dpᵢ − Σⱼ dpⱼ pⱼ)."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, dtype: torch.dtype) -> Tensor:
        shares = scores.float().sub(scores.amax(-1, keepdim=True)).exp_()
        shares = shares.div_(shares.sum(-1, keepdim=True)).to(dtype)
        ctx.save_for_backward(shares)
        ctx.dtype = scores.dtype
        return shares

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        shares = ctx.saved_tensors[0].float()
        weighted = grad.float() * shares
        return weighted.addcmul_(shares, weighted.sum(-1, keepdim=True), value=-1).to(ctx.dtype), None


class _Dropout(torch.autograd.Function):
    """Each value is 0 with probability p, else divided by 1 − p, from 16 random bits a value; PyTorch draws 64."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, p: float) -> Tensor:
        count = states.numel()
        dropped = round(p * LEVELS)
        bits = torch.empty(count // 4 + 1, dtype=torch.int64).random_(-(2**63), None).view(torch.int16)[:count]
        kept = bits.lt_(dropped - LEVELS // 2).sub_(1)  # every bit set where the value stays, none where it is dropped
        ctx.save_for_backward(kept)
        ctx.scale = LEVELS / (LEVELS - dropped)
        return _keep(states, kept, ctx.scale)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _keep(grad, ctx.saved_tensors[0], ctx.scale), None


def _keep(values: Tensor, kept: Tensor, scale: float) -> Tensor:
    bits = values.contiguous().view(torch.int16)
    return bits.bitwise_and(kept.view(bits.shape)).view(values.dtype).mul_(scale)
