"""Every strategy on every architecture: it works there, or is refused in one line that says what is missing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from tasks.errors import SettingsError
from tasks.finetune.monitors import AnyMonitor
from tasks.finetune.penalties import AnyPenalty
from tasks.finetune.plan import make_plan
from tasks.finetune.settings import FinetuneSettings
from tasks.model.classifier import build_classifier, frozen_layers, learned_state, parameter_depths
from tasks.model.encoder import load_encoder, widths
from tasks.model.needs import CAPABILITIES, require
from tasks.model.roles import attention_out_names, feed_forward_out_names, key_and_value_names, norm_names
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.ia3 import Ia3
from tasks.model.strategies.prefix import Prefix
from tasks.model.upper import cut_is_exact
from tasks.paths import Paths

KINDS = ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "mpnet", "electra", "gpt2", "llama"]
ALL = [kind() for kind in get_args(get_args(AnyStrategy)[0])]
REFUSED = {
    ("ia3", "modernbert"): "separate maps to keys and values",
    ("bitfit", "modernbert"): "biases",
    ("ia3", "gpt2"): "separate maps to keys and values",
    ("bitfit", "llama"): "biases",
    ("prefix", "distilbert"): "past keys and values",
    ("prefix", "modernbert"): "past keys and values",
    ("prefix", "deberta-v3"): "past keys and values",
    ("prefix", "mpnet"): "past keys and values",
}
IDS = torch.tensor([[2, 5, 6, 7, 8, 3], [2, 9, 10, 3, 0, 0]])
MASK = (IDS != 0).long()

Bases = Callable[[str], BaseSettings]
each_strategy = pytest.mark.parametrize("strategy", ALL, ids=lambda strategy: strategy.kind)
each_kind = pytest.mark.parametrize("kind", KINDS)


def folder_of(base: BaseSettings) -> Path:
    return Path(str(base.folder))


@each_kind
@each_strategy
def test_it_learns_and_sees_no_padding_or_names_what_the_base_lacks(
    strategy: Any, kind: str, tiny_bases: Bases
) -> None:
    torch.manual_seed(0)
    if (strategy.kind, kind) in REFUSED:
        with pytest.raises(SettingsError, match=f"{strategy.kind} needs {REFUSED[strategy.kind, kind]}, and the base"):
            build_classifier(folder_of(tiny_bases(kind)), strategy, 3, "sdpa")
        return
    model = build_classifier(folder_of(tiny_bases(kind)), strategy, 3, "sdpa").eval()
    torch.nn.init.normal_(model.head.weight)
    logits = model(IDS, MASK)
    torch.testing.assert_close(model(IDS[1:, :4], MASK[1:, :4])[0], logits[1], atol=1e-5, rtol=1e-4)
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name
    before = model(IDS, MASK).detach()
    strategy.merge(model.encoder)
    torch.testing.assert_close(model(IDS, MASK), before, atol=2e-5, rtol=1e-4)


@each_kind
@pytest.mark.parametrize(
    "strategy", [each for each in ALL if getattr(each, "layers", None) is not None], ids=lambda each: each.kind
)
def test_what_learns_in_the_top_layer_leaves_the_states_below_it_to_be_kept(
    strategy: Any, kind: str, tiny_bases: Bases
) -> None:
    if (strategy.kind, kind) in REFUSED:
        return
    model = build_classifier(folder_of(tiny_bases(kind)), replace(strategy, layers=1), 3, "sdpa")
    depths = parameter_depths(model)
    assert {depths[name] for name in learned_state(model)} <= {3, 4, 5}
    assert frozen_layers(model) == 2
    bare = load_encoder(folder_of(tiny_bases(kind)), "sdpa")
    assert cut_is_exact(model.encoder, 2, IDS, MASK) == cut_is_exact(bare, 2, IDS, MASK)


@each_kind
def test_modules_are_found_by_role(kind: str, tiny_bases: Bases) -> None:
    encoder = load_encoder(folder_of(tiny_bases(kind)), "sdpa")
    modules = dict(encoder.named_modules())
    assert [widths(modules[name]) for name in attention_out_names(encoder)] == [(32, 32)] * 3
    assert [widths(modules[name]) for name in feed_forward_out_names(encoder)] == [(64, 32)] * 3
    initials = [name.rpartition(".")[2][0] for name in key_and_value_names(encoder)]
    assert initials == ([] if kind in ("modernbert", "gpt2") else ["k", "v"] * 3)
    assert len(norm_names(encoder)) == (8 if kind == "deberta-v3" else 7)
    assert len(norm_names(encoder, 1)) == (3 if kind in ("modernbert", "gpt2", "llama") else 2)
    assert not set(attention_out_names(encoder)) & set(key_and_value_names(encoder))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("modernbert", "gpt2")])
def test_ia3_scales_keys_and_values_and_what_enters_the_end_of_the_feed_forward_part(
    kind: str, tiny_bases: Bases
) -> None:
    """Liu et al. 2022, fig. 2: factors of the hidden width on keys and values, of the inner width in the middle."""
    model = build_classifier(folder_of(tiny_bases(kind)), Ia3(), 3, "sdpa")
    factors = [tensor.numel() for name, tensor in learned_state(model).items() if "ia3" in name]
    heads = 16 if kind == "llama" else 32  # two heads of keys and values for four of queries
    assert sorted(factors) == [heads] * 6 + [64] * 3


def test_a_missing_capability_is_told_by_the_plan_before_anything_runs(learnable: Paths, tiny_bases: Bases) -> None:
    with pytest.raises(SettingsError, match=r"finetune\.strategy\.kind: prefix needs past keys and values") as caught:
        make_plan(learnable, FinetuneSettings(strategy=Prefix()), tiny_bases("distilbert"))
    assert "\n" not in str(caught.value)


def test_every_need_that_is_declared_is_known_and_every_known_one_declared() -> None:
    kinds = [kind for union in (AnyStrategy, AnyPenalty, AnyMonitor) for kind in get_args(get_args(union)[0])]
    declared = {need for kind in kinds for need in getattr(kind, "needs", ())}
    assert declared == CAPABILITIES.keys()


def test_a_base_with_nothing_is_told_everything_that_it_lacks() -> None:
    class Nothing(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stack = torch.nn.ModuleList([torch.nn.Identity()])

        def forward(self) -> None: ...

    with pytest.raises(SettingsError, match=r"needs biases and past keys and values, and the base \(Nothing\)"):
        require(Nothing(), "any", ["biases", "past keys and values"])
