"""Calibration: believable probabilities, the same answers."""

import pytest
import torch

from tasks.finetune.outputs import cool_head
from tasks.targets import LabelTarget


def test_overconfident_logits_get_the_temperature_that_makes_them_true() -> None:
    # three in four rows are right; the log loss is lowest where p(right) = 3/4, so logit gap / T = ln 3
    logits = torch.tensor([[6.0, 0.0]]).repeat(400, 1)
    labels = (torch.arange(400) % 4 == 0).long()
    assert LabelTarget().fit_temperature(logits, labels) == pytest.approx(
        6 / torch.log(torch.tensor(3.0)).item(), rel=1e-4
    )


def test_a_val_side_that_is_all_right_does_not_run_away() -> None:
    assert LabelTarget().fit_temperature(torch.tensor([[9.0, 0.0], [0.0, 9.0]]), torch.tensor([0, 1])) >= 0.05


def test_dividing_the_head_divides_the_logits_and_nothing_else() -> None:
    weights = {"head.weight": torch.ones(2, 3), "head.bias": torch.ones(2), "encoder.x": torch.ones(1)}
    cooled = cool_head(weights, 2.0)
    features = torch.tensor([[1.0, 2.0, 3.0]])
    before = features @ weights["head.weight"].T + weights["head.bias"]
    torch.testing.assert_close(features @ cooled["head.weight"].T + cooled["head.bias"], before / 2)
    assert torch.equal(cooled["encoder.x"], weights["encoder.x"])
