"""Rates, by formula."""

import math

import pytest

from tasks.finetune.schedule import depth_factor, schedule


def test_the_warm_up_rises_linearly_to_one_and_its_first_step_is_not_wasted() -> None:
    assert [schedule(step, 100, 0.1, "linear") for step in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])


@pytest.mark.parametrize(
    ("decay", "expected"), [("linear", 0.5), ("cosine", (1 + math.cos(math.pi / 2)) / 2), ("constant", 1.0)]
)
def test_half_way_after_the_warm_up(decay: str, expected: float) -> None:
    assert schedule(55, 100, 0.1, decay) == pytest.approx(expected)


def test_without_warm_up_the_first_step_is_the_peak() -> None:
    assert schedule(0, 10, 0.0, "linear") == 1.0


def test_each_layer_further_down_learns_slower_by_the_decay() -> None:
    assert [depth_factor(depth, 3, 0.5) for depth in range(5)] == [0.125, 0.25, 0.5, 1.0, 1.0]
