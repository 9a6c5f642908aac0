"""Layers computed again in the backward pass: the same gradients, in less memory, or refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
import torch

from tasks.errors import SettingsError
from tasks.finetune import cost
from tasks.finetune.loop import _step, follow_thaw
from tasks.finetune.penalties.r_drop import RDrop
from tasks.finetune.plan import make_plan
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.training import Training
from tasks.model import recomputing
from tasks.model.classifier import train_mode
from tasks.model.settings import BaseSettings
from tasks.model.strategies import AnyStrategy
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths
from tests.unit.finetune.test_loop import training_of

SETTINGS = FinetuneSettings(epochs=1, batch_tokens=128, precision="float32", dropout=0.2, max_gradient_norm=1e9)
ROWS = list(range(12))
LOOPED = [kind() for kind in get_args(get_args(AnyStrategy)[0]) if kind.__name__ != "FeatureExtraction"]

Bases = Callable[[str], BaseSettings]
Gradients = dict[str, torch.Tensor]


def gradients(
    paths: Paths, base: BaseSettings, settings: FinetuneSettings, prepare: Callable[[Training], None] | None = None
) -> Gradients:
    training = training_of(paths, settings, base)
    follow_thaw(training, [])
    train_mode(training.model)
    if prepare:
        prepare(training)
    torch.manual_seed(1)
    _step(training, training.accelerator.prepare(training.model), [ROWS[:5], ROWS[5:]], rate=1.0)
    return {name: p.grad.clone() for name, p in training.model.named_parameters() if p.grad is not None}


def same(one: Gradients, other: Gradients) -> bool:
    return one.keys() == other.keys() and all(
        torch.allclose(one[name], other[name], atol=1e-6, rtol=1e-4) for name in one
    )


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("strategy", LOOPED, ids=lambda strategy: strategy.kind)
def test_gradients_are_the_same_with_dropout_kernels_stored_states_and_narrowed_words(
    strategy: Any, precision: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = replace(SETTINGS, strategy=strategy, precision=precision)
    again = replace(settings, gradient_checkpointing=True)
    if "past keys and values" in strategy.needs:
        with pytest.raises(SettingsError, match=r"finetune\.gradient_checkpointing: prefix hands layers keys"):
            make_plan(learnable, again, tiny_base)
        return
    assert same(gradients(learnable, tiny_base, settings), gradients(learnable, tiny_base, again))


def test_layers_that_learn_are_computed_twice_and_frozen_ones_once_or_never(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    from tasks.model.encoder import layer_stack

    counts = {}
    for gigabytes in (0, 1):
        seen = [0, 0, 0]

        def count(training: Training, seen: list[int] = seen) -> None:
            for number, layer in enumerate(layer_stack(training.model.encoder)):

                def note(*_: Any, number: int = number) -> None:
                    seen[number] += 1

                next(layer.children()).register_forward_pre_hook(note)  # inside the layer's forward

        settings = replace(SETTINGS, strategy=Partial(layers=2), cache_gigabytes=gigabytes, gradient_checkpointing=True)
        gradients(learnable, tiny_base, settings, count)
        counts[gigabytes] = seen
    assert counts == {0: [2, 4, 4], 1: [0, 4, 4]}  # two batches; stored states need no first layer


def test_two_passes_of_a_batch_have_dropouts_of_their_own(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = replace(SETTINGS, strategy=Full(), penalties=(RDrop(),))

    def start(training: Training) -> None:
        training.terms = [each.start(training) for each in training.settings.penalties]

    again = gradients(learnable, tiny_base, replace(settings, gradient_checkpointing=True), start)
    assert same(gradients(learnable, tiny_base, settings, start), again)


def test_other_kernels_in_the_second_pass_are_caught(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch's dropout draws other numbers than ours from the same random state."""
    from contextlib import nullcontext

    settings = replace(SETTINGS, strategy=Full(), precision="bfloat16")
    sound = gradients(learnable, tiny_base, settings)
    monkeypatch.setattr(recomputing, "QuickKernels", nullcontext)
    try:
        broken = gradients(learnable, tiny_base, replace(settings, gradient_checkpointing=True))
    except torch.utils.checkpoint.CheckpointError:
        return
    assert not same(sound, broken)


@pytest.mark.parametrize("kind", ["roberta", "distilbert", "modernbert", "deberta-v3", "electra", "gpt2", "llama"])
def test_every_architecture_gives_the_same_gradients(kind: str, learnable: Paths, tiny_bases: Bases) -> None:
    base = tiny_bases(kind)
    settings = replace(SETTINGS, strategy=Lora())
    again = gradients(learnable, base, replace(settings, gradient_checkpointing=True))
    assert same(gradients(learnable, base, settings), again)


def test_a_base_that_cannot_is_refused_by_the_plan_in_one_line(learnable: Paths, tiny_bases: Bases) -> None:
    with pytest.raises(SettingsError, match=r"gradient_checkpointing: the base \(MPNetModel\) cannot") as caught:
        make_plan(learnable, replace(SETTINGS, strategy=Full(), gradient_checkpointing=True), tiny_bases("mpnet"))
    assert "\n" not in str(caught.value)


def test_where_nothing_is_computed_backwards_it_is_a_conflict(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = FinetuneSettings(strategy=FeatureExtraction(), gradient_checkpointing=True)
    conflicts = make_plan(learnable, settings, tiny_base)["conflicts"]
    assert [line.split()[0] for line in conflicts] == ["finetune.gradient_checkpointing"]


def test_the_plan_tells_what_it_saves_and_what_it_costs(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three layers of 34 values a token and unit of width; computed again, one layer and three times what enters."""
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)
    settings = replace(SETTINGS, strategy=Full(), batch_tokens=1_000_000)
    plain = make_plan(learnable, settings, tiny_base)["cost"]
    again = make_plan(learnable, replace(settings, gradient_checkpointing=True), tiny_base)["cost"]
    saved = 1_000_000 * 32 * 4 * (3 * 34 - 34 - 3) / 1e9
    assert plain["checkpointing_saves_gigabytes"] == again["checkpointing_saves_gigabytes"] == round(saved, 3)
    assert plain["memory_gigabytes"] - again["memory_gigabytes"] == pytest.approx(saved, abs=0.02)
    assert again["seconds"] > plain["seconds"]
