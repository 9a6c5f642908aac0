"""Rates over the steps equal their formulas."""

from pathlib import Path

import pytest
import torch

from tasks.finetune.groups import depth_factor, parameter_groups
from tasks.finetune.schedules.base import Schedule
from tasks.finetune.schedules.constant import Constant
from tasks.finetune.schedules.cosine import Cosine
from tasks.finetune.schedules.linear import Linear
from tasks.finetune.schedules.one_cycle import OneCycle
from tasks.finetune.schedules.slanted_triangle import SlantedTriangle
from tasks.finetune.settings import FinetuneSettings
from tasks.model.base import find_base
from tasks.model.classifier import build_classifier
from tasks.model.settings import BaseSettings
from tasks.model.strategies.lora import Lora


def test_warm_up_rises_from_the_first_step_to_the_peak() -> None:
    assert [Linear().multiplier(step, 100) for step in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])


def test_a_part_of_a_step_of_warm_up_is_a_whole_one() -> None:
    """A tenth of 15 steps: two, at one half and at the peak; then straight down over thirteen."""
    assert [Linear().multiplier(step, 15) for step in (0, 1, 2, 3)] == pytest.approx([0.5, 1.0, 1.0, 12 / 13])


def test_without_warm_up_the_first_step_is_at_the_peak() -> None:
    assert Linear(warmup_fraction=0.0).multiplier(0, 10) == 1.0


@pytest.mark.parametrize(("schedule", "expected"), [(Linear(), 0.5), (Cosine(), 0.5), (Constant(), 1.0)])
def test_half_way_after_the_warm_up(schedule: Schedule, expected: float) -> None:
    assert schedule.multiplier(55, 100) == pytest.approx(expected)


def test_cosine_is_its_formula_a_quarter_of_the_way() -> None:
    assert Cosine(warmup_fraction=0.0).multiplier(25, 100) == pytest.approx((1 + 2**-0.5) / 2)


def test_slanted_triangle_is_equation_3_of_ulmfit() -> None:
    # T = 100, cut_frac = 0.1, ratio = 32: cut = 10, and t = 1, 10, 55, 100 of the paper
    seen = [SlantedTriangle().multiplier(t - 1, 100) for t in (1, 10, 55, 100)]
    assert seen == pytest.approx([(1 + 0.1 * 31) / 32, 1.0, (1 + 0.5 * 31) / 32, 1 / 32])


def test_one_cycle_is_that_of_pytorch() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=50, pct_start=0.3, cycle_momentum=False
    )
    for step in range(50):
        assert OneCycle().multiplier(step, 50) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < 49:
            theirs.step()


def test_no_schedule_divides_by_zero_in_a_single_step() -> None:
    for schedule in (Linear(), Cosine(), Constant(), SlantedTriangle(), OneCycle()):
        assert 0 < schedule.multiplier(0, 1) <= 1


def test_each_layer_further_down_learns_slower_by_the_decay() -> None:
    assert [depth_factor(depth, 3, 0.5) for depth in range(5)] == [0.125, 0.25, 0.5, 1.0, 1.0]


def test_lora_plus_lets_b_learn_faster_than_a_and_leaves_the_head_alone(
    tiny_base: BaseSettings, tmp_path: Path
) -> None:
    settings = FinetuneSettings(strategy=Lora(up_faster=16.0), learning_rate=1e-3, head_learning_rate=5e-3)
    model = build_classifier(find_base(tiny_base, tmp_path), settings.strategy, 3, "eager")
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    peaks = {names[id(each)]: group["peak"] for group in parameter_groups(model, settings) for each in group["params"]}
    assert {peak for name, peak in peaks.items() if ".lora_A." in name} == {1e-3}
    assert {peak for name, peak in peaks.items() if ".lora_B." in name} == {16e-3}
    assert {peak for name, peak in peaks.items() if name.startswith("head.")} == {5e-3}
