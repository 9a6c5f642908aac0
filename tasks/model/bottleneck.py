"""A bottleneck behind a linear map: what an adapter is."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from tasks.model.encoder import widths

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "relu": F.relu}


class Bottleneck(nn.Module):
    """x + U f(D x + d) + u, with U and u zero at first: the identity, to the bit. Houlsby et al. 2019, fig. 2."""

    def __init__(self, features: int, width: int, activation: str) -> None:
        super().__init__()
        self.down = nn.Linear(features, width)
        self.up = nn.Linear(width, features)
        self.activation = ACTIVATIONS[activation]
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """x: (…, D). Returns the same shape and dtype."""
        return x + self.up(self.activation(self.down(x))).to(x.dtype)


def put_behind(linear: Any, width: int, activation: str) -> None:
    """Give a linear map a bottleneck that its output passes, in place; the map's own names stay."""
    linear.bottleneck = Bottleneck(widths(linear)[1], width, activation)
    linear.register_forward_hook(_pass_on)


def _pass_on(linear: Any, _: tuple[Any, ...], output: Tensor) -> Tensor:
    edited: Tensor = linear.bottleneck(output)
    return edited
