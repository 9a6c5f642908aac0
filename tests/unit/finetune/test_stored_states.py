"""States of frozen layers on disk: what is stored, by how many passes, within which bound."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.finetune import states as stored
from tasks.finetune.loop import fit
from tasks.finetune.progress import Progress
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.on_plateau import OnPlateau
from tasks.model.settings import BaseSettings
from tasks.model.strategies.partial import Partial
from tasks.model.upper import states_at
from tasks.paths import Paths
from tests.unit.finetune.test_loop import training_of
from tests.unit.finetune.test_thawing import SETTINGS


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


def test_states_that_another_training_drops_in_the_very_moment_are_computed_again(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look whether they are there and the reading, with a bound that two trainings share."""
    settings = replace(SETTINGS, strategy=Partial(layers=1), epochs=1)
    first = fit(training_of(learnable, settings, tiny_base), Progress())
    load = stored.load_file

    def too_late(file: Path) -> Any:
        file.unlink()
        return load(file)

    monkeypatch.setattr(stored, "load_file", too_late)
    second = fit(training_of(learnable, settings, tiny_base), Progress())
    for name, weights in first.best.items():
        assert torch.equal(weights, second.best[name]), name


def test_stored_states_are_those_of_the_rows_at_hand(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Augmented rows are rows of their own: others have other states, and what was stored is not taken for them."""
    import pyarrow.parquet as pq

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


def test_what_is_kept_is_what_layers_under_autocast_would_have_been_given(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    """Computed in float32 and then rounded, states would be others than a training without stored ones sees."""
    settings = replace(SETTINGS, strategy=Partial(layers=1), precision="bfloat16")
    training = training_of(learnable, settings, tiny_base, narrow=False)
    _, side, _ = training.make_sides(True, [])
    assert side.states is not None
    away = {}
    for enabled in (True, False):
        away[enabled] = 0.0
        for row, own in enumerate(side.examples.ids[:10]):
            ids = torch.tensor([own])
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                (fresh,) = states_at(training.model.eval().encoder, [2], ids, torch.ones_like(ids))
            kept = side.states.batch(torch.tensor([row]), len(own))
            assert kept.dtype == torch.bfloat16
            away[enabled] += float((kept.float() - fresh.bfloat16().float()).abs().sum())
    assert away[True] < 0.2 * away[False]


def test_states_are_kept_only_where_those_of_both_sides_fit(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = replace(SETTINGS, strategy=Partial(layers=1))
    training = training_of(learnable, settings, tiny_base)
    sizes = [sum(side.examples.lengths) * 32 * 4 / 1e9 for side in (training.train, training.val)]
    for gigabytes, fits in ((sum(sizes) * 1.001, True), (sum(sizes) * 0.999, False), (sizes[0] * 1.001, False)):
        other = replace(settings, cache_gigabytes=gigabytes)
        _, train, val = training_of(learnable, other, tiny_base).make_sides(True, [])
        assert (train.states is not None, val.states is not None) == (fits, fits), gigabytes
