"""A bottleneck adapter: the identity at first, then its formula, where the settings put it."""

from pathlib import Path

import torch

from tasks.model.bottleneck import Bottleneck
from tasks.model.classifier import build_classifier, learned_state
from tasks.model.settings import BaseSettings
from tasks.model.strategies.adapter import Adapter


def test_it_is_the_identity_to_the_bit_before_the_first_step() -> None:
    x = torch.randn(4, 5)
    assert torch.equal(Bottleneck(5, 2, "gelu")(x), x)


def test_it_adds_the_way_up_of_the_way_down_worked_by_hand() -> None:
    """D = (1, −1), d = 0.5, U = (2, 3)ᵀ, u = (0, 1), relu: x = (3, 1) → f(2.5) = 2.5 → (3 + 5, 1 + 7.5 + 1)."""
    layer = Bottleneck(2, 1, "relu")
    layer.down.weight.data, layer.down.bias.data = torch.tensor([[1.0, -1.0]]), torch.tensor([0.5])
    layer.up.weight.data, layer.up.bias.data = torch.tensor([[2.0], [3.0]]), torch.tensor([0.0, 1.0])
    torch.testing.assert_close(layer(torch.tensor([[3.0, 1.0]])), torch.tensor([[8.0, 9.5]]))


def test_settings_say_behind_which_parts_of_which_layers_it_stands(tiny_base: BaseSettings) -> None:
    def places(strategy: Adapter) -> list[str]:
        model = build_classifier(Path(str(tiny_base.folder)), strategy, 2, "sdpa")
        return [name.removesuffix(".bottleneck.up.weight") for name in learned_state(model) if "up.weight" in name]

    layer = "encoder.encoder.layer."
    assert places(Adapter(after="attention", layers=1)) == [f"{layer}2.attention.output.dense"]
    assert places(Adapter(after="feed_forward", layers=2)) == [f"{layer}1.output.dense", f"{layer}2.output.dense"]
    assert len(places(Adapter())) == 6
