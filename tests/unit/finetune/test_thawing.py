"""Layers that thaw: nothing below the front moves until it passes, and then it does."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch

from tasks.finetune import states as stored
from tasks.finetune.loop import fit
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.thaws.base import Thaw
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.freeze_out import FreezeOut
from tasks.finetune.thaws.on_plateau import OnPlateau
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


def test_states_of_several_fronts_stay_within_the_bound_on_disk_and_the_front_in_use_is_there(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    """Each front stores train and val once; a bound that holds one front alone leaves only the last one's."""
    folder = learnable.cache / "states"
    settings = replace(SETTINGS, thaw=ByEpoch(start=1), epochs=3, cache_gigabytes=8.0)
    whole = fit(training_of(learnable, settings, tiny_base), Progress())
    files = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert len(files) == 4  # cuts 2 and 1; then all learns
    one_front = sum(files.values()) / 2 / 1e9
    bounded = fit(training_of(learnable, replace(settings, cache_gigabytes=one_front * 1.01), tiny_base), Progress())
    assert len(list(folder.iterdir())) == 2
    assert sum(file.stat().st_size for file in folder.iterdir()) <= one_front * 1.01 * 1e9
    for name, weights in whole.best.items():
        assert torch.equal(weights, bounded.best[name]), name


def test_one_pass_stores_the_states_of_all_fronts_to_come(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte what each front would have stored alone; one pass a side, however often layers thaw."""
    folder = learnable.cache / "states"
    for layers in (1, 2):
        alone = training_of(learnable, replace(SETTINGS, strategy=Partial(layers=layers), epochs=1), tiny_base)
        fit(alone, Progress())
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert len(files) == 4  # train and val at cuts 2 and 1
    for file in folder.iterdir():
        file.unlink()
    passes: list[list[int]] = []
    compute = stored._compute
    monkeypatch.setattr(
        stored, "_compute", lambda model, cuts, *rest, **how: passes.append(cuts) or compute(model, cuts, *rest, **how)
    )
    for thaw in (ByEpoch(start=1), OnPlateau(start=1, smallest_gain=0.99)):
        fit(training_of(learnable, replace(SETTINGS, thaw=thaw, epochs=3), tiny_base), Progress())
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == files
        assert passes == [[2, 1], [2, 1]]


def test_the_bound_on_disk_holds_while_the_next_front_is_written_and_what_it_needs_stays(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = learnable.cache / "states"
    settings = replace(SETTINGS, thaw=ByEpoch(start=1), epochs=2)
    fit(training_of(learnable, settings, tiny_base), Progress())  # two fronts
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    bound = sum(sizes.values()) / 2 * 1.01
    taken: list[int] = []
    save = stored.save_file

    def weigh(tensors: Any, file: Any) -> None:
        save(tensors, file)
        taken.append(sum(each.stat().st_size for each in folder.iterdir()))

    monkeypatch.setattr(stored, "save_file", weigh)
    for file in folder.iterdir():
        file.unlink()
    fit(training_of(learnable, replace(settings, cache_gigabytes=bound / 1e9), tiny_base), Progress())
    assert len(taken) == 4
    assert max(taken) <= bound
    fit(training_of(learnable, replace(settings, epochs=1, cache_gigabytes=bound / 1e9), tiny_base), Progress())
    (folder / min(file.name for file in folder.iterdir())).unlink()  # one side of the front is gone
    fit(training_of(learnable, replace(settings, epochs=1, cache_gigabytes=bound / 1e9), tiny_base), Progress())
    assert len(taken) == 7  # the other was not computed again


def test_stored_states_are_those_of_the_rows_at_hand(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Augmented rows are rows of their own: others have other states, and what was stored is not taken for them."""
    import pyarrow.parquet as pq

    from tasks.model.upper import states_at
    from tasks.table import AUGMENTED, write_table

    settings = replace(SETTINGS, strategy=Partial(layers=1), epochs=1)
    fit(training_of(learnable, settings, tiny_base), Progress())
    table = pq.read_table(learnable.augmented)
    texts = [f"{text} please help" for text in table["text"].to_pylist()]
    changed = table.set_column(table.column_names.index("text"), "text", [texts])
    write_table(learnable.augmented, changed, AUGMENTED)
    training = training_of(learnable, settings, tiny_base, narrow=False)
    _, side, _ = training.make_sides(True, [])
    assert side.states is not None
    ids = torch.tensor([side.examples.ids[0]])
    (fresh,) = states_at(training.model.eval().encoder, [2], ids, torch.ones_like(ids))
    torch.testing.assert_close(side.states.batch(torch.tensor([0]), ids.shape[1]), fresh)


def test_stored_states_have_no_dropout_in_them_though_learning_layers_have(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    """Frozen layers never drop anything, stored or computed; so both train to the same."""
    ends = []
    for gigabytes in (8.0, 0.0):
        settings = replace(SETTINGS, strategy=Partial(layers=1), epochs=2, dropout=0.3, cache_gigabytes=gigabytes)
        ends.append(fit(training_of(learnable, settings, tiny_base), Progress()).best)
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
