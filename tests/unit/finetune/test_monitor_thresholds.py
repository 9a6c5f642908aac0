"""Where each monitor draws its line: numbers on both sides of it, and what every setting moves."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tasks.finetune.losses.cross_entropy import CrossEntropy
from tasks.finetune.monitors.attention import Attention
from tasks.finetune.monitors.base import Watcher
from tasks.finetune.monitors.convergence import Convergence
from tasks.finetune.monitors.depths import LearningDepths
from tasks.finetune.monitors.focus import entropy_share, mean_distance
from tasks.finetune.monitors.forgetting import Forgetting
from tasks.finetune.monitors.gradient_flow import GradientFlow
from tasks.finetune.monitors.label_noise import LabelNoise
from tasks.finetune.monitors.representation_drift import RepresentationDrift
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.training import Training
from tasks.model.attention import eager_attention
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths
from tasks.targets import LabelTarget
from tests.unit.finetune.test_loop import training_of
from tests.unit.finetune.test_monitor_numbers import WELL, epochs
from tests.unit.finetune.test_monitors import watched

SETTINGS = FinetuneSettings(strategy=Full(), epochs=1, batch_tokens=128, precision="float32", dropout=0.0)


def small(labels: list[int], label_count: int, planned: int = 5) -> Any:
    """As much of a training as monitors of losses and logits look at."""
    return SimpleNamespace(
        settings=SimpleNamespace(epochs=planned, loss=CrossEntropy()),
        model=SimpleNamespace(head=SimpleNamespace(out_features=label_count)),
        val=SimpleNamespace(examples=SimpleNamespace(truth=torch.tensor(labels))),
        target=LabelTarget(),
        classes=[str(number) for number in range(label_count)],
    )


def names(watcher: Watcher, history: Any) -> list[str]:
    return [alarm.name for alarm in watcher.alarms(history)]


# convergence: an even guess among four labels costs log 4 = 1.386, so that half of it is 0.693


def spikes(losses: list[float], settings: Convergence) -> list[tuple[int, float]]:
    watcher = settings.start(small([0, 1], 4), {})
    for loss in losses:
        watcher.after_step(loss)
    return [(each["step"], round(each["loss"], 6)) for each in watcher.notes["spikes"]]


def test_a_loss_that_stays_half_a_guess_above_the_usual_for_three_steps_is_a_spike() -> None:
    usual = [1.0] * 12
    assert spikes([*usual, 1.7, 1.8, 1.9], Convergence()) == [(15, 1.8)]
    assert spikes([*usual, 1.69, 1.8, 1.9], Convergence()) == []  # the first is no more than 1.693
    assert spikes([*usual, 1.8, 1.8, 1.0, 1.8, 1.8], Convergence()) == []
    assert spikes([*usual[1:], 1.7, 1.8, 1.9], Convergence()) == []  # too few steps to know what is usual
    assert spikes([*usual, 1.7, 1.8, 1.9], Convergence(spike=1.0)) == []


def test_a_loss_that_always_jumps_needs_a_higher_jump() -> None:
    """Around 1.0 by 0.2 up and down: six times that is 1.2."""
    usual = [0.8, 1.0, 1.2] * 4
    assert spikes([*usual, 2.1, 2.1, 2.1], Convergence()) == []
    assert spikes([*usual, 2.3, 2.3, 2.3], Convergence()) == [(15, 2.3)]


def test_a_spike_that_lasts_is_one() -> None:
    assert len(spikes([*([1.0] * 12), *([3.0] * 20)], Convergence())) == 1


@pytest.mark.parametrize(
    ("settings", "history", "name"),
    [
        ({"still_falling": 0.15}, WELL[:2], "still_falling"),  # it fell by 18 %
        ({"overfitting": 0.3}, [*WELL, *epochs((0.1, 1.1, 0.50))], "overfitting"),  # it rose by 31 %
        ({"plateau_epochs": 3}, [*WELL, *epochs(*[(0.15, 0.85, 0.73)] * 3)], "plateau"),
    ],
)
def test_every_threshold_of_convergence_decides(settings: dict[str, Any], history: Any, name: str) -> None:
    beyond = {"still_falling": 0.2, "overfitting": 0.33, "plateau_epochs": 4}
    (key,) = settings
    for values, expected in ((settings, [name]), ({key: beyond[key]}, [])):
        watcher = Convergence(**values).start(small([0, 1] * 500, 8, planned=2), {})
        watcher.epochs.extend({"val_loss_error": 0.001} for _ in history)
        assert names(watcher, history) == expected, values


# label noise: of four labels, ranks 2 and 3 are the lower half, which chance gives to two of the three wrong ranks


def ranked(counts: list[int]) -> tuple[torch.Tensor, list[int]]:
    """Logits in which so many rows' labels have rank 0, 1, 2, 3."""
    rows = [rank for rank, count in enumerate(counts) for _ in range(count)]
    return torch.tensor([[3.0, 2.0, 1.0, 0.0]] * len(rows)), rows


def test_the_share_of_wrong_labels_by_hand() -> None:
    """30 of 100 rows in the lower half: 0.3 / (2/3) = 0.45; Wilson's interval of 0.3 begins at 0.2189."""
    logits, labels = ranked([60, 10, 10, 20])
    watcher = LabelNoise().start(small(labels, 4), {})
    numbers = watcher.after_epoch([], logits)
    assert numbers["share"] == pytest.approx(0.45)
    assert numbers["least_share"] == pytest.approx(0.2189 * 1.5, abs=1e-4)


def test_only_a_share_that_is_sure_and_of_a_model_that_knows_something_is_told() -> None:
    logits, labels = ranked([60, 10, 10, 20])
    for largest, accuracy, expected in (
        (0.3, 0.6, ["label_noise"]),
        (0.35, 0.6, []),
        (0.3, 0.37, []),  # less than one and a half times a quarter
    ):
        watcher = LabelNoise(largest_share=largest).start(small(labels, 4), {})
        watcher.epochs.append({"epoch": 1} | watcher.after_epoch([], logits))
        assert names(watcher, [{"val_accuracy": accuracy}]) == expected


def test_two_labels_have_no_ranks_to_tell_noise_by() -> None:
    watcher = LabelNoise().start(small([0, 1], 2), {})
    assert watcher.after_epoch([], torch.zeros(2, 2)) == {}


# gradients and updates by depth


def test_norms_and_updates_are_over_all_that_learns_at_a_depth(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Gradients of ones have the norm √(how many); weights that grow by a tenth have moved by a tenth."""
    model = training_of(learnable, replace(SETTINGS, strategy=Partial(layers=2)), tiny_base).model
    depths = LearningDepths(model)
    assert depths.names == ["layer 2", "layer 3", "head"]
    assert depths.gradient_norms() == [0.0, 0.0, 0.0]
    counts = [0, 0, 0]
    for name, parameter in model.named_parameters():
        place = 2 if name.startswith("head.") else 0 if ".layer.1." in name else 1 if ".layer.2." in name else None
        if place is not None:
            counts[place] += parameter.numel()
            parameter.grad = torch.ones_like(parameter)
    assert depths.gradient_norms() == pytest.approx([count**0.5 for count in counts], rel=1e-5)
    before = depths.copies()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".layer.2." in name:
                parameter *= 1.1
    assert depths.update_ratios(before) == pytest.approx([0.0, 0.1, 0.0], rel=1e-4)


def flow(training: Training, settings: GradientFlow) -> Any:
    return settings.start(training, {})


def test_so_many_steps_are_measured_as_were_asked_for_evenly_spread(learnable: Paths, tiny_base: BaseSettings) -> None:
    training = training_of(learnable, replace(SETTINGS, batch_tokens=32, accumulate=1), tiny_base)
    steps = training.steps_per_epoch
    assert steps > 12
    assert flow(training, GradientFlow(samples=1))._measured == {steps // 2}
    assert flow(training, GradientFlow(samples=2))._measured == {steps // 4, 3 * steps // 4}
    assert flow(training, GradientFlow(samples=999))._measured == set(range(steps))


@pytest.mark.parametrize(
    ("norms", "explosion", "expected"),
    [
        ((2.0, 41.0), 20.0, ["exploding_layer"]),
        ((2.0, 39.0), 20.0, []),
        ((2.0, 39.0), 10.0, ["exploding_layer"]),
        ((0.01, 19.0), 20.0, []),  # short beside max_gradient_norm, 1
        ((0.01, 21.0), 20.0, ["exploding_layer"]),
    ],
)
def test_a_gradient_explodes_beside_its_first_epochs_and_beside_the_bound(
    norms: tuple[float, float], explosion: float, expected: list[str], learnable: Paths, tiny_base: BaseSettings
) -> None:
    watcher = flow(training_of(learnable, SETTINGS, tiny_base), GradientFlow(explosion=explosion))
    watcher.epochs.extend({"epoch": epoch, "gradient_norm/layer 2": norm} for epoch, norm in enumerate(norms, 1))
    assert names(watcher, []) == expected


# what is seen of texts


def test_attention_is_the_mean_over_all_tokens_of_all_texts_and_no_padding(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    """By hand from each text alone, which has no padding."""
    training = training_of(learnable, replace(SETTINGS, monitors=(Attention(rows=7),)), tiny_base)
    notes: dict[str, Any] = {}
    Attention(rows=7).start(training, notes)
    rows = training.val.examples.ids[:7]
    assert len({len(row) for row in rows}) > 1
    sums, tokens = torch.zeros(3, 2, 4), 0
    encoder: Any = training.model.encoder
    assert training.words is not None
    with torch.no_grad(), training.words.whole(), eager_attention(encoder):
        for row in rows:
            ids, mask = torch.tensor([row]), torch.ones(1, len(row))
            seen = encoder(input_ids=ids, attention_mask=mask, output_attentions=True).attentions
            tokens += len(row)
            for layer, weights in enumerate(seen):
                for place, measure in enumerate((entropy_share, mean_distance)):
                    sums[layer, place] += measure(weights, mask)[0].sum(-1)
    means = sums / tokens
    for layer in range(3):
        assert notes["heads"]["0"][layer] == pytest.approx(means[layer, 0].tolist(), abs=2e-4)
        assert notes["epochs"][0][f"distance/layer {layer + 1}"] == pytest.approx(
            float(means[layer, 1].mean()), abs=2e-4
        )


def test_so_many_rows_are_looked_at_as_were_asked_for(learnable: Paths, tiny_base: BaseSettings) -> None:
    training = training_of(learnable, SETTINGS, tiny_base)
    for monitor in (Attention(rows=3), RepresentationDrift(rows=5)):
        watcher: Any = monitor.start(training, {})
        assert len(watcher._probe._ids) == monitor.rows


def test_every_threshold_of_what_is_seen_decides(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Attention: two of four heads at 0.09 of what they had. Spread: 0.04 of it. Topics: from 0.9 to 0.7."""
    monitors = (Attention(), RepresentationDrift(), Forgetting())
    training, progress = watched(learnable, replace(SETTINGS, monitors=monitors), tiny_base)
    for watcher in training.watchers.values():
        assert names(watcher, progress.history) == []
    attention, drift, forgetting = (training.watchers[each.kind] for each in monitors)
    attention.notes["heads"]["0"] = [[0.5] * 4] * 3
    attention.notes["heads"]["1"] = [[0.5] * 4, [0.5, 0.5, 0.045, 0.045], [0.5, 0.5, 0.5, 0.045]]
    drift.epochs[-1]["spread"] = 0.04 * drift.notes["start"]["spread"]
    forgetting.epochs[0]["topic_accuracy"], forgetting.epochs[-1]["topic_accuracy"] = 0.9, 0.7
    found = attention.alarms(progress.history)
    assert [each.name for each in found] == ["attention_collapse"]
    assert "2 of the 4 heads of layer 2" in found[0].message
    assert names(drift, progress.history) == ["representation_collapse"]
    assert names(forgetting, progress.history) == ["forgetting"]
    others = (Attention(smallest_share=0.08), RepresentationDrift(smallest_spread=0.03), Forgetting(largest_drop=0.25))
    for other in others:
        watcher: Any = training.watchers[other.kind]
        watcher._settings = other
        assert names(watcher, progress.history) == [], other.kind
