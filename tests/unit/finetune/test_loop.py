"""The loop: accumulation, frozen states, divergence, early stopping."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from accelerate import Accelerator

from tasks.errors import GateError
from tasks.finetune.finish import finish
from tasks.finetune.groups import make_optimizer
from tasks.finetune.loop import _step, fit
from tasks.finetune.progress import Progress
from tasks.finetune.schedules.linear import Linear
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.sides import make_sides
from tasks.finetune.start import prepare
from tasks.finetune.training import Side, Training
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.model.words import narrow_words
from tasks.paths import Paths
from tasks.table import AUGMENTED, read_table, write_rows

SETTINGS = FinetuneSettings(
    strategy=Full(), epochs=2, batch_tokens=128, precision="float32", dropout=0.0, cache_gigabytes=0
)


def training_of(
    paths: Paths, settings: FinetuneSettings, base: BaseSettings, narrow: bool = True, **changes: Any
) -> Training:
    torch.manual_seed(0)
    start = prepare(paths, settings, base)
    words = narrow_words(start.model.encoder, [*start.train.ids, *start.val.ids]) if narrow else None
    model, dtype = start.model, start.dtype
    whole = Training(
        model=start.model,
        optimizer=make_optimizer(start.model, settings, start.device),
        accelerator=Accelerator(cpu=True, mixed_precision="bf16" if start.dtype == torch.bfloat16 else "no"),
        settings=settings,
        train=Side(start.train),
        val=Side(start.val),
        make_sides=lambda untouched, fronts: make_sides(
            model, start.train, start.val, settings, base, paths, dtype, untouched=untouched, fronts=fronts
        ),
        row_weights=start.row_weights,
        target=start.target,
        classes=start.classes,
        save=lambda progress, tensors: None,
        watch=lambda step, numbers: None,
        words=words,
    )
    return replace(whole, **changes)


def uneven(paths: Paths) -> Paths:
    """Train rows of which two labels have 20 each, and the third 6."""
    table = read_table(paths.augmented, AUGMENTED)
    rows = table.to_pylist()
    few = [row for row in rows if row["label"] == "cancel"][:6]
    write_rows(paths.augmented, [row for row in rows if row["label"] != "cancel"] + few, AUGMENTED)
    return paths


def _finished(training: Training) -> dict[str, torch.Tensor]:
    progress = fit(training, Progress())
    finish(training, progress)
    return progress.best


def gradients_of(training: Training, batches: list[list[int]]) -> dict[str, torch.Tensor]:
    """The gradients of one step, before clipping changes them and the optimizer uses them."""
    seen: dict[str, torch.Tensor] = {}

    def keep(_: Any, __: Any, ___: Any) -> None:
        seen.update({n: p.grad.clone() for n, p in training.model.named_parameters() if p.grad is not None})

    training.optimizer.register_step_pre_hook(keep)
    _step(training, training.model, batches, rate=1.0)
    return seen


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
def test_accumulated_batches_give_the_gradient_of_one_big_batch(
    class_weights: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    """T2: other trainers give four times the gradient for four batches."""
    settings = replace(SETTINGS, class_weights=class_weights, max_gradient_norm=1e9)
    paths, rows = uneven(learnable), list(range(32, 46))
    whole = gradients_of(training_of(paths, settings, tiny_base), [rows])
    parts = gradients_of(training_of(paths, settings, tiny_base), [rows[:3], rows[3:9], rows[9:]])
    assert whole.keys() == parts.keys()
    assert float(torch.stack([gradient.norm() for gradient in whole.values()]).norm()) > 0.01
    for name, gradient in whole.items():  # summed in another order, so equal but for rounding
        assert float((gradient - parts[name]).norm()) <= 1e-4 * float(gradient.norm()) + 1e-7, name


def test_gradients_are_clipped_to_the_norm_asked(learnable: Paths, tiny_base: BaseSettings) -> None:
    seen = gradients_of(training_of(learnable, replace(SETTINGS, max_gradient_norm=0.01), tiny_base), [[0, 1, 2]])
    norm = torch.stack([gradient.norm() for gradient in seen.values()]).norm()
    assert float(norm) == pytest.approx(0.01, rel=1e-3)


def test_kept_states_train_to_what_computing_them_each_time_does(learnable: Paths, tiny_base: BaseSettings) -> None:
    results = []
    for gigabytes in (0, 1):
        settings = replace(SETTINGS, strategy=Partial(layers=1), cache_gigabytes=gigabytes)
        training = training_of(learnable, settings, tiny_base)
        results.append(fit(training, Progress()))
        assert (training.train.states is not None) == bool(gigabytes)
    for name, weights in results[0].best.items():
        torch.testing.assert_close(weights, results[1].best[name], atol=1e-4, rtol=1e-3)


def test_a_loss_that_is_not_finite_stops_training_and_names_the_knob(learnable: Paths, tiny_base: BaseSettings) -> None:
    training = training_of(learnable, replace(SETTINGS, learning_rate=1.0, max_gradient_norm=1e9), tiny_base)
    with torch.no_grad():
        training.model.head.weight.fill_(float("inf"))
    with pytest.raises(GateError, match=r"step 1 of \d+.*finetune\.learning_rate"):
        fit(training, Progress())


def test_the_rates_in_the_optimizer_follow_the_schedule(learnable: Paths, tiny_base: BaseSettings) -> None:
    """And what is told of them is what they were."""
    taken: list[dict[int, float]] = []
    told: list[float] = []
    training = training_of(learnable, replace(SETTINGS, layer_decay=0.5), tiny_base)
    groups = {group["depth"]: group for group in training.optimizer.param_groups}
    training.optimizer.register_step_pre_hook(lambda *_: taken.append({each: groups[each]["lr"] for each in groups}))
    training.watch = lambda _, numbers: told.append(numbers["rate"]) if "rate" in numbers else None
    fit(training, Progress())
    steps = training.steps_per_epoch * 2
    expected = [Linear().multiplier(step, steps) for step in range(steps)]
    assert told == expected
    peaks = {5: 5e-3, 3: 2e-4, 2: 1e-4, 1: 5e-5, 0: 2.5e-5}
    assert groups.keys() == peaks.keys()
    for depth, peak in peaks.items():
        assert [each[depth] for each in taken] == pytest.approx([peak * each for each in expected])


def _after(*epochs: tuple[float, float]) -> Progress:
    """Epochs with these val macro F1 and val losses; the weights of each are its number."""
    progress, weights = Progress(), torch.zeros(1)
    for epoch, (score, loss) in enumerate(epochs, start=1):
        weights.fill_(epoch)
        progress.end_epoch({"epoch": float(epoch), "val_score": score, "val_loss": loss}, {"w": weights})
    return progress


def test_the_best_epoch_is_kept_and_patience_counts_from_it() -> None:
    progress = _after((0.5, 1.0), (0.8, 1.0), (0.7, 1.0), (0.6, 1.0))
    assert progress.best_epoch == 2
    assert float(progress.best["w"]) == 2.0
    assert progress.is_out_of_patience(2)
    assert not progress.is_out_of_patience(3)
    assert not progress.is_out_of_patience(0)


def test_macro_f1_says_which_epoch_is_best_and_the_loss_only_where_it_is_the_same() -> None:
    assert _after((0.8, 1.0), (0.7, 0.1)).best_epoch == 1
    assert _after((0.8, 1.0), (0.8, 0.9)).best_epoch == 2
    assert _after((0.8, 0.9), (0.8, 1.0)).best_epoch == 1
    assert _after((0.8, 1.0), (0.8, 1.0)).best_epoch == 1


def test_frozen_layers_drop_nothing_out(learnable: Paths, tiny_base: BaseSettings) -> None:
    from tasks.model.classifier import train_mode
    from tasks.model.encoder import layer_stack

    model = training_of(learnable, replace(SETTINGS, strategy=Partial(layers=1), dropout=None), tiny_base).model
    train_mode(model)
    assert [layer.training for layer in layer_stack(model.encoder)] == [False, False, True]
    assert not model.encoder.embeddings.training  # type: ignore[union-attr]


def test_words_that_do_not_occur_can_be_left_out_of_the_training(learnable: Paths, tiny_base: BaseSettings) -> None:
    """They get no gradient; the whole table only lets them decay, hence weight_decay 0 here."""
    settings = replace(SETTINGS, weight_decay=0.0)
    narrowed = training_of(learnable, settings, tiny_base)
    whole = training_of(learnable, settings, tiny_base, narrow=False)
    before = whole.model.encoder.get_input_embeddings().weight.clone()  # type: ignore[operator]
    narrow_best, whole_best = _finished(narrowed), _finished(whole)
    assert narrow_best.keys() == whole_best.keys()
    for name, weights in whole_best.items():
        torch.testing.assert_close(narrow_best[name], weights, atol=1e-5, rtol=1e-4)
    moved = (narrow_best["encoder.embeddings.word_embeddings.weight"] != before).any(1)
    occurring = {number for row in narrowed.train.examples.ids for number in row}
    assert set(moved.nonzero().flatten().tolist()) == occurring < set(range(64))


@pytest.mark.parametrize(("strategy", "dropout"), [(Full(), 0.1), (Lora(), 0.1), (Partial(layers=2), 0.0)])
@pytest.mark.parametrize(
    "kind", ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "electra", "gpt2", "llama"]
)
def test_every_architecture_trains_in_bfloat16(
    kind: str, strategy: Any, dropout: float, learnable: Paths, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    settings = replace(SETTINGS, strategy=strategy, epochs=1, precision="bfloat16", dropout=dropout)
    progress = fit(training_of(learnable, settings, tiny_bases(kind)), Progress())
    assert progress.history[0]["train_loss"] < 1.2  # of three labels; knowing nothing is log 3 = 1.0986


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_layers_hand_on_states_in_the_dtype_of_products(
    precision: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    from tasks.model.encoder import layer_stack

    training = training_of(learnable, replace(SETTINGS, precision=precision, epochs=1), tiny_base)
    seen: set[torch.dtype] = set()
    for layer in layer_stack(training.model.encoder):
        layer.register_forward_pre_hook(lambda _, args: seen.add(args[0].dtype))
    fit(training, Progress())
    assert seen == {getattr(torch, precision)}


@pytest.mark.parametrize(
    "kind", ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "electra", "gpt2", "llama"]
)
def test_every_architecture_trains(kind: str, learnable: Paths, tiny_bases: Callable[[str], BaseSettings]) -> None:
    settings = replace(SETTINGS, strategy=Partial(layers=2), epochs=1, cache_gigabytes=1)
    progress = fit(training_of(learnable, settings, tiny_bases(kind)), Progress())
    assert progress.step > 0
