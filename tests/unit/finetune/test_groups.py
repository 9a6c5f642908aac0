"""Which parameter learns at which rate, and which of them decay."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.finetune.groups import make_optimizer, parameter_groups
from tasks.finetune.settings import FinetuneSettings
from tasks.model.classifier import build_classifier
from tasks.model.settings import BaseSettings
from tasks.model.strategies.adapter import Adapter
from tasks.model.strategies.full import Full
from tasks.model.strategies.ia3 import Ia3

SETTINGS = FinetuneSettings(
    strategy=Full(), learning_rate=1e-3, head_learning_rate=7e-3, layer_decay=0.5, weight_decay=0.25
)


def groups_by_name(base: BaseSettings, settings: FinetuneSettings) -> dict[str, dict[str, Any]]:
    model = build_classifier(Path(str(base.folder)), settings.strategy, 3, "eager")
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found = [(names[id(each)], group) for group in parameter_groups(model, settings) for each in group["params"]]
    by_name = dict(found)
    assert len(by_name) == len(found)  # each is in one group
    assert by_name.keys() == model.learnable
    return by_name


@pytest.mark.parametrize("strategy", [Full(), Adapter()], ids=lambda each: each.kind)
def test_matrices_decay_and_biases_and_norms_do_not(strategy: Any, tiny_base: BaseSettings) -> None:
    groups = groups_by_name(tiny_base, replace(SETTINGS, strategy=strategy))
    spared = {name for name, group in groups.items() if group["weight_decay"] == 0.0}
    assert spared == {name for name in groups if name.endswith(".bias") or "LayerNorm" in name}
    assert {group["weight_decay"] for name, group in groups.items() if name not in spared} == {0.25}


def test_a_column_of_factors_is_no_matrix(tiny_base: BaseSettings) -> None:
    """IA³'s factors would decay towards 0, which takes away what they scale; they start at 1."""
    groups = groups_by_name(tiny_base, replace(SETTINGS, strategy=Ia3()))
    factors = {name: group["weight_decay"] for name, group in groups.items() if ".ia3_l." in name}
    assert set(factors.values()) == {0.0}


def test_each_depth_has_its_peak_rate_and_the_head_its_own(tiny_base: BaseSettings) -> None:
    peaks = {name: group["peak"] for name, group in groups_by_name(tiny_base, SETTINGS).items()}
    assert {peak for name, peak in peaks.items() if name.startswith("head.")} == {7e-3}
    for number, rate in enumerate([2.5e-4, 5e-4, 1e-3]):
        assert {peak for name, peak in peaks.items() if f".layer.{number}." in name} == {rate}
    assert {peak for name, peak in peaks.items() if ".embeddings." in name} == {1.25e-4}


def test_without_a_rate_of_its_own_a_training_takes_the_strategys(tiny_base: BaseSettings) -> None:
    settings = replace(SETTINGS, learning_rate=None, layer_decay=1.0)
    groups = groups_by_name(tiny_base, settings)
    assert {group["peak"] for name, group in groups.items() if name.startswith("encoder.")} == {2e-4}


def test_a_step_without_gradients_shrinks_matrices_alone(tiny_base: BaseSettings) -> None:
    """AdamW: w ← w (1 − rate · decay)."""
    model = build_classifier(Path(str(tiny_base.folder)), Full(), 3, "eager")
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    make_optimizer(model, replace(SETTINGS, layer_decay=1.0), torch.device("cpu")).step()
    for name, parameter in model.named_parameters():
        if name.startswith("encoder."):
            shrunk = 1.0 if name.endswith(".bias") or "LayerNorm" in name else 1 - 1e-3 * 0.25
            torch.testing.assert_close(parameter, before[name] * shrunk, atol=0, rtol=1e-6)
