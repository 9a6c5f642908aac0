"""Layers that thaw: nothing below the front moves until it passes, and then it does."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch

from tasks.finetune.loop import fit
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.thaws.base import Thaw
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.freeze_out import FreezeOut
from tasks.finetune.training import Training
from tasks.model.classifier import learned_state, parameter_depths
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.model.strategies.prefix import Prefix
from tasks.model.strategies.prompt import Prompt
from tasks.paths import Paths
from tests.unit.finetune.test_loop import training_of

SETTINGS = FinetuneSettings(strategy=Full(), epochs=5, batch_tokens=128, precision="float32", dropout=0.0)
State = dict[str, torch.Tensor]


def _epochs(training: Training) -> Iterator[tuple[State, int]]:
    """Fit; then for each epoch all weights at its end, the start first, and how far the sides' states were cut."""
    states = [(_weights(training), 0)]

    def save(progress: Progress, _: Any) -> None:
        if progress.position == 0:
            states.append((_weights(training), training.cut if training.train.states is not None else 0))

    training.save = save
    fit(training, Progress())
    yield from states


def _weights(training: Training) -> State:
    return {name: value.detach().clone() for name, value in training.model.named_parameters()}


def _moved_depths(training: Training, before: State, after: State) -> list[int]:
    depths = parameter_depths(training.model)
    return sorted({depths[name] for name in before if not torch.equal(before[name], after[name])})


def _course(paths: Paths, base: BaseSettings, **settings: Any) -> list[list[int]]:
    training = training_of(paths, replace(SETTINGS, **settings), base, narrow=False)
    states = [state for state, _ in _epochs(training)]
    return [_moved_depths(training, *pair) for pair in pairwise(states)]


FULL_COURSE = [[5], [3, 5], [2, 3, 5], [1, 2, 3, 5], [0, 1, 2, 3, 5]]
"""Three layers, no final norm: depth 0 embeddings, 1 to 3 the layers, 5 the head."""


def test_full_thaws_from_the_head_down_to_the_embeddings(learnable: Paths, tiny_base: BaseSettings) -> None:
    moved = _course(learnable, tiny_base, thaw=ByEpoch())
    assert moved == FULL_COURSE


def test_freeze_out_stops_the_lowest_layers_first(learnable: Paths, tiny_base: BaseSettings) -> None:
    moved = _course(learnable, tiny_base, thaw=FreezeOut(), epochs=4)
    assert moved == [[0, 1, 2, 3, 5], [2, 3, 5], [3, 5], [5]]


@pytest.mark.parametrize("strategy", [Partial(layers=2), Lora()], ids=lambda each: each.kind)
def test_a_thaw_lets_nothing_learn_that_the_strategy_does_not(
    strategy: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    training = training_of(learnable, replace(SETTINGS, strategy=strategy, thaw=ByEpoch()), tiny_base)
    states = [state for state, _ in _epochs(training)]
    moved = {name for name in states[0] if not torch.equal(states[0][name], states[-1][name])}
    assert moved == training.model.learnable


def test_kept_states_follow_the_front_down_and_weights_come_out_the_same(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    ends = []
    for gigabytes, cuts in ((8.0, [2, 2, 1, 0]), (0.0, [0, 0, 0, 0])):
        settings = replace(SETTINGS, thaw=ByEpoch(), epochs=4, cache_gigabytes=gigabytes)
        training = training_of(learnable, settings, tiny_base)
        states = list(_epochs(training))
        assert [cut for _, cut in states[1:]] == cuts
        ends.append(states[-1][0])
    for name, weights in ends[0].items():
        torch.testing.assert_close(weights, ends[1][name], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("strategy", [Prompt(tokens=2), Prefix(tokens=2)], ids=lambda each: each.kind)
def test_states_that_virtual_tokens_change_are_computed_anew(
    strategy: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    """They lie in the cache under the base's name, and these are not the base's."""
    settings = replace(SETTINGS, strategy=strategy, thaw=ByEpoch(layers=4), epochs=2)
    training = training_of(learnable, settings, tiny_base)
    assert [cut for _, cut in _epochs(training)] == [0, 0, 0]
    assert not (learnable.cache / "states").exists()


class FrontOffByOne(ByEpoch):
    """Lets one layer more learn than it says."""

    def top_layers(self, layers: int, history: Any) -> int:
        return min(layers + 1, super().top_layers(layers, history) + 1)


def test_a_front_that_is_off_by_one_is_caught(learnable: Paths, tiny_base: BaseSettings) -> None:
    assert _course(learnable, tiny_base, thaw=FrontOffByOne()) != FULL_COURSE


def test_a_front_off_by_one_between_thaw_and_freezing_is_caught(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.finetune import loop

    sound = loop.thaw
    monkeypatch.setattr(loop, "thaw", lambda model, lowest: sound(model, lowest - 1))
    assert _course(learnable, tiny_base, thaw=ByEpoch()) != FULL_COURSE


def test_states_of_layers_that_have_learned_are_not_taken_from_the_bases(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    training = training_of(learnable, replace(SETTINGS, thaw=FreezeOut(), epochs=3), tiny_base)
    assert [cut for _, cut in _epochs(training)] == [0, 0, 0, 0]


def test_all_that_may_have_learned_is_kept_even_from_an_epoch_in_which_it_was_frozen(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    training = training_of(learnable, replace(SETTINGS, thaw=ByEpoch(), epochs=2), tiny_base, narrow=False)
    fit(training, Progress())
    assert learned_state(training.model).keys() == dict(training.model.named_parameters()).keys()


def test_settings_take_a_thaw_by_its_kind() -> None:
    from pydantic import TypeAdapter

    read = TypeAdapter(FinetuneSettings).validate_python({"thaw": {"kind": "on_plateau", "patience": 2}})
    assert isinstance(read.thaw, Thaw)
    assert read.thaw.kind == "on_plateau"
