"""Our way of computing a low-rank update gives what PEFT's does."""

from typing import Any

import pytest
import torch
from torch import nn

from tasks.model.low_rank import LowRankLinear
from tasks.model.strategies.lora import Lora


def layer_with(dropout: float = 0.0) -> LowRankLinear:
    """A layer 6 → 5 whose update is not 0."""
    from peft import LoraConfig

    torch.manual_seed(0)
    config = LoraConfig(r=3, lora_alpha=7.0, lora_dropout=dropout)
    layer = LowRankLinear(nn.Linear(6, 5), "default", config=config, r=3, lora_alpha=7.0)
    nn.init.normal_(layer.lora_B["default"].weight)
    layer.get_base_layer().requires_grad_(False)
    return layer


def results_of(layer: LowRankLinear, forward: Any) -> list[torch.Tensor]:
    """Output and gradients: of the input, of A and of B."""
    torch.manual_seed(1)
    x = torch.randn(2, 4, 6, requires_grad=True)
    out = forward(x)
    out.backward(torch.randn(2, 4, 5).to(out.dtype))
    learning = [layer.lora_A["default"].weight, layer.lora_B["default"].weight]
    results = [out.detach(), x.grad, *(each.grad for each in learning)]
    layer.zero_grad()
    return [each for each in results if each is not None]


@pytest.mark.parametrize("bfloat16", [False, True])
def test_output_and_gradients_are_those_of_peft(bfloat16: bool) -> None:
    from peft.tuners import lora

    layer = layer_with()
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        ours = results_of(layer, layer)
        theirs = results_of(layer, lambda x: lora.Linear.forward(layer, x))
    assert len(ours) == 4
    assert ours[0].dtype == (torch.bfloat16 if bfloat16 else torch.float32)
    tolerance = {"atol": 0.1, "rtol": 0.02} if bfloat16 else {"atol": 1e-5, "rtol": 1e-5}  # 8 bits, sums of 8 terms
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == other.dtype
        torch.testing.assert_close(mine, other, **tolerance)  # type: ignore[arg-type]


def test_an_input_that_needs_no_gradient_gets_none() -> None:
    layer = layer_with()
    layer(torch.randn(3, 6)).sum().backward()
    assert layer.lora_A["default"].weight.grad is not None


def test_frozen_weights_that_were_changed_are_cast_anew() -> None:
    layer, x = layer_with(), torch.randn(3, 6)
    with torch.autocast("cpu", torch.bfloat16):
        before = layer(x)
        with torch.no_grad():
            layer.get_base_layer().weight.zero_()
        assert not torch.equal(layer(x), before)


def test_dropout_on_the_update_is_still_dropout() -> None:
    layer, x = layer_with(dropout=0.5), torch.randn(3, 6)
    assert not torch.equal(layer(x), layer(x))
    assert torch.equal(layer.eval()(x), layer(x))


def test_merged_weights_give_the_same_output() -> None:
    layer, x = layer_with(), torch.randn(3, 6)
    before = layer(x)
    layer.merge()
    torch.testing.assert_close(layer.get_base_layer()(x), before)


def test_lora_puts_it_on_every_linear_map_of_the_layers() -> None:
    from transformers import AutoModel

    from tests.conftest import tiny_config

    encoder = AutoModel.from_config(tiny_config("bert"))
    Lora().reshape(encoder)
    assert sum(isinstance(module, LowRankLinear) for module in encoder.modules()) == 3 * 6
