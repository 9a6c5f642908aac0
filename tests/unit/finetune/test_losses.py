"""Every loss: what a row costs, by hand, and how it is learned from."""

import math
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
import torch

from tasks.finetune import cost
from tasks.finetune.loop import _step
from tasks.finetune.losses import AnyLoss
from tasks.finetune.losses.cross_entropy import CrossEntropy
from tasks.finetune.losses.focal import Focal
from tasks.finetune.plan import make_plan
from tasks.finetune.settings import FinetuneSettings
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.paths import Paths
from tests.unit.finetune.test_loop import gradients_of, training_of

LOSSES = [kind() for kind in get_args(get_args(AnyLoss)[0])]
OTHER: dict[str, dict[str, Any]] = {"cross_entropy": {"smoothing": 0.2}, "focal": {"gamma": 1.0}}
SETTINGS = FinetuneSettings(
    strategy=Full(), batch_tokens=128, precision="float32", dropout=0.0, max_gradient_norm=1e9, epochs=2
)
ROWS = list(range(16))
LOGITS = torch.tensor([[2.0, 1.0, -1.0], [0.0, 3.0, 0.5]])
TARGETS = torch.tensor([0, 2])

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.kind)


def probabilities(row: int) -> list[float]:
    powers = [math.exp(each) for each in LOGITS[row].tolist()]
    return [each / sum(powers) for each in powers]


def test_smoothing_spreads_its_share_evenly_over_all_labels() -> None:
    """Σ over labels of −q log p with q = smoothing / C, and 1 − smoothing more at the true label."""
    expected = []
    for row, target in enumerate(TARGETS.tolist()):
        surprise = [-math.log(p) for p in probabilities(row)]
        expected.append(0.7 * surprise[target] + 0.3 * sum(surprise) / 3)
    assert CrossEntropy(smoothing=0.3).rows(LOGITS, TARGETS).tolist() == pytest.approx(expected)


def test_focal_weighs_a_row_by_what_is_missing_from_certainty() -> None:
    true = [probabilities(row)[target] for row, target in enumerate(TARGETS.tolist())]
    expected = [-((1 - p) ** 1.5) * math.log(p) for p in true]
    assert Focal(gamma=1.5).rows(LOGITS, TARGETS).tolist() == pytest.approx(expected)


def test_without_their_setting_all_losses_are_cross_entropy() -> None:
    expected = [-math.log(probabilities(row)[target]) for row, target in enumerate(TARGETS.tolist())]
    assert CrossEntropy().rows(LOGITS, TARGETS).tolist() == pytest.approx(expected)
    assert Focal(gamma=0.0).rows(LOGITS, TARGETS).tolist() == pytest.approx(expected)


@each_loss
def test_a_row_that_is_certain_and_right_has_a_finite_gradient(loss: Any) -> None:
    logits = torch.tensor([[200.0, 0.0, 0.0], [0.0, 200.0, 0.0]], requires_grad=True)
    rows = loss.rows(logits, torch.tensor([0, 0]))
    rows.sum().backward()
    assert bool(torch.isfinite(rows).all())
    assert logits.grad is not None
    assert bool(torch.isfinite(logits.grad).all())


@each_loss
def test_accumulated_batches_give_the_gradient_of_one_big_batch(
    loss: Any, learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = replace(SETTINGS, loss=loss)
    whole = gradients_of(training_of(learnable, settings, tiny_base), [ROWS])
    parts = gradients_of(training_of(learnable, settings, tiny_base), [ROWS[:3], ROWS[3:9], ROWS[9:]])
    for name, gradient in whole.items():
        assert float((gradient - parts[name]).norm()) <= 1e-4 * float(gradient.norm()) + 1e-7, name


@each_loss
def test_one_step_lowers_it_on_a_fixed_batch(loss: Any, learnable: Paths, tiny_base: BaseSettings) -> None:
    training = training_of(learnable, replace(SETTINGS, loss=loss), tiny_base)
    first, second = (_step(training, training.model, [ROWS], rate=1.0) for _ in range(2))
    assert second.loss < first.loss


def test_every_loss_has_its_settings_here() -> None:
    assert {each.kind: {field.name for field in fields(each)} - {"kind"} for each in LOSSES} == {
        kind: set(settings) for kind, settings in OTHER.items()
    }


@each_loss
def test_every_setting_of_a_loss_changes_the_plan_and_what_is_learned(
    loss: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)
    for key, value in OTHER[loss.kind].items():
        settings = [replace(SETTINGS, loss=each) for each in (loss, replace(loss, **{key: value}))]
        plans = [make_plan(learnable, each, tiny_base) for each in settings]
        assert plans[0] != plans[1]
        seen = [gradients_of(training_of(learnable, each, tiny_base), [ROWS])["head.weight"] for each in settings]
        assert not torch.equal(*seen)
