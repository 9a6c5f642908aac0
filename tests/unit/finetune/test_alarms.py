"""Every alarm is raised by a fault planted for it, and none by a training that is well."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.errors import GateError
from tasks.finetune.loop import fit
from tasks.finetune.monitors.looking_on import alarms_of, looked_on, start_watchers
from tasks.finetune.progress import Progress
from tasks.finetune.schedules.constant import Constant
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.training import Training
from tasks.model.encoder import layer_stack
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.model.strategies.lora import Lora
from tasks.model.strategies.partial import Partial
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, write_rows
from tests.bench.workspace import repository_base
from tests.conftest import split_rows
from tests.unit.finetune.test_monitors import EVERY, watched

SETTINGS = FinetuneSettings(strategy=Full(), epochs=6, batch_tokens=64, precision="float32", monitors=EVERY)
LABELS = ("refund", "late", "cancel")
Spoil = Callable[[Training], None]


def make_rows(paths: Paths, noise: float = 0.0, train: int = 240) -> Paths:
    """So many train rows and 90 val rows, this share of their labels drawn by chance."""
    draw = random.Random(0)  # noqa: S311 - no secret
    rows = [row | {"label": draw.choice(LABELS) if draw.random() < noise else row["label"]} for row in split_rows(330)]
    write_rows(
        paths.augmented, [row | {"parent_id": row["row_id"], "method": "original"} for row in rows[:train]], AUGMENTED
    )
    write_rows(paths.val, rows[240:], SPLIT)
    return paths


def alarms(training: Training, progress: Progress) -> dict[str, dict[str, Any]]:
    return {alarm["name"]: alarm for alarm in alarms_of(training, progress.history)}


def after_steps(count: int, act: Callable[[Training], None], *, again: bool = False) -> Spoil:
    """A fault that strikes after so many steps, once or in each step from there on."""

    def plant(training: Training) -> None:
        left = [count]

        def strike(*_: Any) -> None:
            left[0] -= 1
            if left[0] == 0 or (again and left[0] < 0):
                with torch.no_grad():
                    act(training)

        training.optimizer.register_step_post_hook(strike)

    return plant


def without_gradient(place: Callable[[Training], torch.nn.Module]) -> Spoil:
    def plant(training: Training) -> None:
        for parameter in place(training).parameters():
            parameter.register_hook(torch.zeros_like)

    return plant


def head_at_rate_0(training: Training) -> None:
    for group in training.optimizer.param_groups:
        if group["depth"] == 5:
            group["peak"] = 0.0


def exploding_layer(training: Training) -> None:
    scale = [1.0]

    def grow(_: Any, __: Any) -> None:
        scale[0] *= 1.2

    training.optimizer.register_step_post_hook(lambda *_: grow(None, None))
    for parameter in layer_stack(training.model.encoder)[1].parameters():
        parameter.register_hook(lambda gradient: gradient * scale[0])


def shout(training: Training) -> None:
    for name, parameter in training.model.named_parameters():
        if "query" in name or "key" in name:
            parameter.normal_(std=3.0)


def one_answer(training: Training) -> None:
    last = [module for module in training.model.encoder.modules() if isinstance(module, torch.nn.LayerNorm)][-1]
    last.weight.zero_()
    last.bias.fill_(1.0)


def turn_head_round(training: Training) -> None:
    training.model.head.weight.mul_(-8.0)


FAULTS: dict[str, tuple[dict[str, Any], float, Spoil | None]] = {
    "rate_too_high": ({"learning_rate": 0.3, "head_learning_rate": 0.5}, 0.0, None),
    "head_frozen": ({}, 0.0, head_at_rate_0),
    "dead_layer": ({}, 0.0, without_gradient(lambda training: layer_stack(training.model.encoder)[1])),
    "exploding_layer": ({"learning_rate": 1e-6}, 0.0, exploding_layer),
    "loss_spike": ({"schedule": Constant()}, 0.0, after_steps(60, turn_head_round)),
    "label_noise": ({}, 0.6, None),
    "overfitting": ({"epochs": 40, "learning_rate": 3e-3, "dropout": 0.0}, 1.0, None),
    "still_falling": ({"epochs": 2, "head_learning_rate": 1e-3, "schedule": Constant()}, 0.0, None),
    "plateau": ({"epochs": 8, "learning_rate": 1e-8, "head_learning_rate": 1e-7}, 0.0, None),
    "attention_collapse": ({"learning_rate": 1e-6}, 0.0, after_steps(30, shout)),
    "representation_collapse": ({"learning_rate": 1e-6}, 0.0, after_steps(30, one_answer)),
}


FEW_ROWS = {"overfitting": 36}
"""So few that even a tiny base can learn them by heart."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_raises_its_alarm_with_numbers_and_advice(
    name: str, learnable: Paths, tiny_base: BaseSettings
) -> None:
    changes, noise, spoil = FAULTS[name]
    settings = replace(SETTINGS, **changes)
    found = alarms(*watched(make_rows(learnable, noise, FEW_ROWS.get(name, 240)), settings, tiny_base, spoil))
    assert name in found
    assert 1 <= found[name]["epoch"] <= settings.epochs
    assert any(character.isdigit() for character in found[name]["message"])
    assert "finetune." in found[name]["advice"] or "finetrace plan" in found[name]["advice"]


def test_a_head_without_gradient_is_frozen_and_a_layer_that_only_decays_is_dead(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    found = alarms(*watched(learnable, SETTINGS, tiny_base, without_gradient(lambda training: training.model.head)))
    assert "head got no gradient" in found["head_frozen"]["message"]


def test_forgetting_is_told_when_the_base_loses_what_it_knew(learnable: Paths) -> None:
    settings = replace(SETTINGS, strategy=Partial(layers=1), epochs=2, batch_tokens=256)
    training, progress = watched_base(learnable, settings, after_steps(3, one_answer, again=True))
    epochs = progress.notes["forgetting"]["epochs"]
    assert epochs[0]["topic_accuracy"] > 0.9
    assert epochs[-1]["topic_accuracy"] < 0.3
    assert "forgetting" in alarms(training, progress)


def watched_base(paths: Paths, settings: FinetuneSettings, spoil: Spoil | None) -> tuple[Training, Progress]:
    from tasks.model.base import find_base

    base = repository_base(1)
    folder = find_base(base, Path())
    return watched(paths, settings, replace(base, folder=str(folder)), spoil)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("strategy", "rate"), [(Full(), 1e-3), (Partial(layers=2), 1e-3), (Lora(), None)], ids=lambda each: str(each)[:12]
)
def test_a_training_that_is_well_raises_no_alarm(
    seed: int, strategy: Any, rate: float | None, learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = replace(SETTINGS, strategy=strategy, learning_rate=rate, seed=seed)
    training, progress = watched(make_rows(learnable), settings, tiny_base)
    assert progress.history[-1]["val_score"] > 0.9
    assert alarms(training, progress) == {}
    assert looked_on(training, progress.history).tags() == {"finetrace.alarms": "none"}


def test_a_loss_that_is_no_number_is_named_with_the_alarms_before_it(learnable: Paths, tiny_base: BaseSettings) -> None:
    told: list[dict[str, float]] = []

    def break_head(training: Training) -> None:
        training.model.head.weight.fill_(float("nan"))

    def spoil(training: Training) -> None:
        training.watch = lambda step, numbers: told.append(numbers)
        after_steps(60, turn_head_round)(training)
        after_steps(80, break_head)(training)

    settings = replace(SETTINGS, schedule=Constant())
    with pytest.raises(GateError, match=r"loss_not_finite: .* at step 81 of .*Alarms before: .*loss_spike"):
        watched(make_rows(learnable), settings, tiny_base, spoil)
    assert told[-1]["train_loss"] != told[-1]["train_loss"]  # MLflow is told, too


def test_a_fit_without_watchers_raises_no_alarm(learnable: Paths, tiny_base: BaseSettings) -> None:
    from tests.unit.finetune.test_loop import training_of

    training, progress = training_of(learnable, replace(SETTINGS, monitors=(), epochs=1), tiny_base), Progress()
    training.watchers = start_watchers(training, progress)
    assert looked_on(training, fit(training, progress).history).report() == {"alarms": [], "monitors": {}}
