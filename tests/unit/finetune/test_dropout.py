"""Dropout as the settings say, wherever a base has it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.finetune.dropout import dropout_probabilities, drops_out, set_dropout
from tasks.model.classifier import Classifier, build_classifier, train_mode
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial

KINDS = ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "mpnet", "electra", "gpt2", "llama"]
IDS = torch.tensor([[2, 5, 6, 7, 8, 3], [2, 9, 10, 3, 0, 0]])


def classifier(base: BaseSettings, strategy: Any, probability: float | None) -> Classifier:
    model = build_classifier(Path(str(base.folder)), strategy, 3, "eager")
    torch.nn.init.normal_(model.head.weight, generator=torch.Generator().manual_seed(0))
    set_dropout(model, probability)
    return model


def two_passes(model: Classifier) -> tuple[torch.Tensor, torch.Tensor]:
    train_mode(model)
    first, second = (model(IDS, (IDS > 0).long()).detach() for _ in range(2))
    return first, second


@pytest.mark.parametrize("kind", KINDS)
def test_at_0_nothing_drops_out_and_above_it_something_does(
    kind: str, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    model = classifier(tiny_bases(kind), Full(), 0.0)
    assert torch.equal(*two_passes(model))
    assert not drops_out(model)
    set_dropout(model, 0.3)
    assert dropout_probabilities(model) == [0.3]
    assert not torch.equal(*two_passes(model))
    assert drops_out(model)


def test_without_a_setting_the_bases_own_stays(tiny_base: BaseSettings) -> None:
    assert dropout_probabilities(classifier(tiny_base, Full(), None)) == [0.1]


def test_loras_own_dropout_is_not_the_bases(tiny_base: BaseSettings) -> None:
    model = classifier(tiny_base, Lora(dropout=0.2), 0.0)
    assert dropout_probabilities(model) == [0.0]
    assert drops_out(model)
    for name, parameter in model.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter)  # at 0, as it starts, nothing shows
    assert not torch.equal(*two_passes(model))


def test_frozen_layers_do_not_drop_out_though_they_could(tiny_base: BaseSettings) -> None:
    model = classifier(tiny_base, Partial(layers=1), 0.5)
    assert not torch.equal(*two_passes(model))
    for module in model.encoder.encoder.layer[2].modules():  # type: ignore[union-attr,index]
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    assert torch.equal(*two_passes(model))
    assert not drops_out(model)
