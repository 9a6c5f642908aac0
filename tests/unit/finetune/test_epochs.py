"""What `fit` does epoch by epoch: which rows in which order, when something drops out, when it stops, what it keeps."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState

from tasks.finetune import cost, loop
from tasks.finetune.examples import Examples
from tasks.finetune.finish import finish
from tasks.finetune.loop import fit
from tasks.finetune.penalties.base import Term
from tasks.finetune.penalties.l2_sp import L2Sp
from tasks.finetune.plan import make_plan
from tasks.finetune.progress import Progress
from tasks.finetune.schedules.constant import Constant
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import prepare
from tasks.finetune.training import Pass, Training
from tasks.model.batches import epoch_batches, seeded
from tasks.model.classifier import learned_state
from tasks.model.encoder import layer_stack
from tasks.model.features import text_features
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths
from tasks.targets import LabelTarget
from tests.unit.finetune.test_loop import training_of, uneven
from tests.unit.finetune.test_plan import OTHER

SETTINGS = FinetuneSettings(strategy=Full(), epochs=3, batch_tokens=128, precision="float32", dropout=0.0)


@pytest.mark.parametrize(("accumulate", "seed"), [(1, 0), (3, 0), (1, 5)])
def test_each_epoch_learns_from_every_row_once_in_an_order_of_its_own(
    accumulate: int, seed: int, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step of an epoch has the batches that are left; the plan tells as many steps and checkpoints."""
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)
    settings = replace(SETTINGS, accumulate=accumulate, seed=seed, checkpoint_steps=2)
    steps: list[list[list[int]]] = []
    saved: list[int] = []
    take = loop._step

    def note(training: Training, forward: Any, batches: list[list[int]], rate: float) -> Any:
        steps.append(batches)
        return take(training, forward, batches, rate)

    monkeypatch.setattr(loop, "_step", note)
    training = training_of(learnable, settings, tiny_base, save=lambda progress, _: saved.append(progress.step))
    fit(training, Progress())
    lengths = training.train.examples.lengths
    expected = [epoch_batches(lengths, 128, seeded(seed, epoch)) for epoch in range(3)]
    assert len(expected[0]) % 3 == 1  # so that accumulating leaves some over
    assert [batch for batches in steps for batch in batches] == [batch for epoch in expected for batch in epoch]
    assert {len(batches) for batches in steps} == {accumulate, 1}
    assert expected[0] != expected[1]
    assert sorted(row for batch in expected[1] for row in batch) == list(range(60))
    plan = make_plan(learnable, settings, tiny_base)
    assert (plan["loop"]["steps"], plan["loop"]["checkpoints"]) == (len(steps), len(saved))
    assert plan["loop"]["batches_per_epoch"] == len(expected[0])
    assert plan["seed"]["first_rows"] == expected[0][0][:3]


def test_what_learns_drops_out_in_training_and_never_on_val(learnable: Paths, tiny_base: BaseSettings) -> None:
    training = training_of(learnable, replace(SETTINGS, strategy=Partial(layers=2), dropout=0.1), tiny_base)
    seen: set[tuple[bool, int, bool]] = set()
    for number, layer in enumerate(layer_stack(training.model.encoder)):
        for module in layer.modules():
            if isinstance(module, torch.nn.Dropout):
                module.register_forward_pre_hook(
                    lambda each, _, number=number: seen.add((torch.is_grad_enabled(), number, each.training))
                )
    training.make_sides = lambda *_: (0, training.train, training.val)  # every layer is run
    fit(training, Progress())
    assert seen == {(True, 0, False), (True, 1, True), (True, 2, True), *((False, layer, False) for layer in range(3))}


def spoiled_after_the_first_epoch(training: Training) -> None:
    """The head is turned round in the second epoch's first step, and learns too slowly to come back."""
    left = [training.steps_per_epoch + 1]

    def strike(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            with torch.no_grad():
                training.model.head.weight.mul_(-3.0)

    training.optimizer.register_step_post_hook(strike)


SLOW = replace(SETTINGS, epochs=6, learning_rate=1e-5, head_learning_rate=1e-5, schedule=Constant())


@pytest.mark.parametrize(("patience", "epochs"), [(0, 6), (2, 3), (3, 4)])
def test_a_training_stops_after_so_many_epochs_without_a_better_one(
    patience: int, epochs: int, learnable: Paths, tiny_base: BaseSettings
) -> None:
    training = training_of(learnable, replace(SLOW, patience=patience), tiny_base)
    spoiled_after_the_first_epoch(training)
    progress = fit(training, Progress())
    assert progress.best_epoch == 1
    assert len(progress.history) == epochs


@torch.no_grad()
def logits_row_by_row(training: Training, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    training.model.load_state_dict(weights, strict=False)
    training.model.eval()
    ids = [torch.tensor([each]) for each in training.val.examples.ids]
    return torch.cat([training.model(each, torch.ones_like(each)) for each in ids])


def test_the_best_epochs_weights_are_cooled_once_by_the_temperature_that_suits_them_on_val(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    ends: list[dict[str, torch.Tensor]] = []

    def keep(progress: Progress, tensors: Any) -> None:
        if progress.position == 0:
            ends.append({name: each.clone() for name, each in tensors["weights"].items()})

    training = training_of(learnable, replace(SLOW, epochs=2), tiny_base, narrow=False, save=keep)
    spoiled_after_the_first_epoch(training)
    progress = fit(training, Progress())
    assert progress.best_epoch == 1
    assert not torch.equal(ends[0]["head.weight"], ends[1]["head.weight"])
    finish(training, progress)
    logits = logits_row_by_row(training, ends[0])
    temperature = LabelTarget().fit_temperature(logits, training.val.examples.truth)
    assert temperature != pytest.approx(1.0, abs=0.1)
    assert progress.temperature == pytest.approx(temperature, rel=1e-3)
    assert progress.best.keys() == ends[0].keys()
    for name, weights in ends[0].items():
        cooled = weights / progress.temperature if name.startswith("head.") else weights
        torch.testing.assert_close(progress.best[name], cooled, atol=0, rtol=1e-6)


def test_uncalibrated_weights_are_saved_as_they_were_learned(learnable: Paths, tiny_base: BaseSettings) -> None:
    training = training_of(learnable, replace(SETTINGS, epochs=1, calibrate=False), tiny_base, narrow=False)
    progress = fit(training, Progress())
    before = {name: each.clone() for name, each in progress.best.items()}
    finish(training, progress)
    assert progress.temperature == 1.0
    assert all(torch.equal(progress.best[name], each) for name, each in before.items())


def test_balanced_labels_count_the_same_in_the_loss_of_a_step(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Σ w loss / Σ w, by hand from the logits; w = N / (C · the label's rows) = 46 / 60 and 46 / 18.

    What is added to rows is weighed as they are: here each row's label number.
    """

    class Numbers(Term):
        def on_rows(self, batch: Pass) -> torch.Tensor:
            return batch.truth.float()

    training = training_of(uneven(learnable), replace(SETTINGS, class_weights="balanced"), tiny_base)
    assert sorted({round(each, 4) for each in training.row_weights.tolist()}) == [0.7667, 2.5556]
    examples = training.train.examples
    rows = [*range(9), *range(40, 44)]
    training.model.eval()
    with torch.no_grad():
        logits = torch.cat([training.model(each, torch.ones_like(each)) for each in ids_of(examples, rows)])
    losses = torch.nn.functional.cross_entropy(logits, examples.truth[rows], reduction="none")
    weights = torch.tensor([46 / 18 if label == 0 else 46 / 60 for label in examples.truth[rows].tolist()])
    assert len(set(weights.tolist())) == 2
    training.terms = [Numbers()]
    taken = loop._step(training, training.model, [rows[:5], rows[5:]], rate=1.0)
    assert taken.loss == pytest.approx(float((losses * weights).sum() / weights.sum()), rel=1e-4)
    added = float((examples.truth[rows] * weights).sum() / weights.sum())
    assert (taken.penalty, taken.weight) == pytest.approx((added, float(weights.sum())))


def ids_of(examples: Examples, rows: list[int]) -> list[torch.Tensor]:
    return [torch.tensor([examples.ids[row]]) for row in rows]


def test_the_train_loss_of_an_epoch_is_the_mean_over_its_rows(learnable: Paths, tiny_base: BaseSettings) -> None:
    """Steps have more rows or fewer; at rates of nothing the model is the same in all of them."""
    settings = replace(SETTINGS, epochs=1, learning_rate=1e-12, head_learning_rate=1e-12, batch_tokens=96)
    training = training_of(learnable, settings, tiny_base)
    examples = training.train.examples
    training.model.eval()
    with torch.no_grad():
        logits = torch.cat([training.model(each, torch.ones_like(each)) for each in ids_of(examples, list(range(60)))])
    expected = float(torch.nn.functional.cross_entropy(logits, examples.truth))
    assert fit(training, Progress()).history[0]["train_loss"] == pytest.approx(expected, rel=1e-4)


def test_before_the_first_step_the_head_points_along_each_labels_mean_feature(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    start = prepare(learnable, SETTINGS, tiny_base)
    weight = start.model.head.weight.detach()
    features = torch.from_numpy(text_features(start.train.texts, tiny_base, learnable))
    for label in range(3):
        mean = features[start.train.truth == label].mean(0)
        assert float(torch.cosine_similarity(weight[label], mean, dim=0)) == pytest.approx(1.0)
        assert float(weight[label].norm()) == pytest.approx(20 / 32**0.5)
    assert not start.model.head.bias.any()


ELSEWHERE = {"patience", "calibrate", "post", "gradient_checkpointing", "monitors", "cache_gigabytes"}
"""They show, or must not, only in trainings of their own, which other tests make."""
CHANGES = {key: value for key, value in OTHER.items() if key not in ELSEWHERE} | {
    "max_gradient_norm": 0.01,
    "batch_tokens": 64,
}


@pytest.mark.parametrize("key", sorted(CHANGES))
def test_every_setting_changes_what_is_learned_or_not_a_bit_of_it(
    key: str, learnable: Paths, tiny_base: BaseSettings
) -> None:
    usual = replace(SETTINGS, epochs=2, dropout=0.1, monitors=(), penalties=(L2Sp(strength=1.0),))
    value = (L2Sp(strength=2.0),) if key == "penalties" else CHANGES[key]
    paths, ends = uneven(learnable), []
    for settings in (usual, replace(usual, **{key: value})):
        AcceleratorState._reset_state(reset_partial_state=True)  # which knows the other precision
        training = training_of(paths, settings, tiny_base, narrow=False)
        torch.manual_seed(settings.seed)
        training.terms = [each.start(training) for each in settings.penalties]
        fit(training, Progress())
        ends.append(learned_state(training.model))
    same = ends[0].keys() == ends[1].keys() and all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    assert same == (key == "checkpoint_steps")
