"""R-Drop on logits small enough to work by hand: both passes' mean loss, and both directions of their difference."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tasks.finetune.penalties.r_drop import RDrop, _Twice
from tasks.finetune.training import Pass
from tasks.targets import LabelTarget

FIRST = torch.tensor([[0.8, 0.2], [0.5, 0.5]])
AGAIN = torch.tensor([[0.6, 0.4], [0.5, 0.5]])
TARGETS = torch.tensor([0, 1])


def added(strength: float) -> tuple[Tensor, Tensor, Tensor]:
    """What is added for two rows whose two passes give these probabilities, and the logits of both passes."""
    first, again = FIRST.log().requires_grad_(), AGAIN.log().requires_grad_()
    batch = Pass(
        forward=lambda: again,
        loss=lambda logits: F.cross_entropy(logits, TARGETS, reduction="none"),
        logits=first,
        truth=TARGETS,
        lengths=torch.tensor([3, 3]),
    )
    return _Twice(strength, LabelTarget()).on_rows(batch), first, again


def test_the_mean_of_both_losses_takes_the_place_of_the_first() -> None:
    """Row 1: (−log 0.6 + log 0.8) / 2; row 2 says the same twice."""
    more, _, _ = added(0.0)
    assert more.tolist() == pytest.approx([(math.log(0.8) - math.log(0.6)) / 2, 0.0])
    assert RDrop().replaces == 0.5


def test_the_difference_is_the_mean_of_both_directions() -> None:
    """KL(p‖q) = 0.8 log(8/6) + 0.2 log(2/4) = 0.0915, KL(q‖p) = 0.6 log(6/8) + 0.4 log(4/2) = 0.1046."""
    one = 0.8 * math.log(8 / 6) + 0.2 * math.log(2 / 4)
    other = 0.6 * math.log(6 / 8) + 0.4 * math.log(4 / 2)
    assert (one, other) == pytest.approx((0.0915, 0.1046), abs=1e-4)
    difference = added(3.0)[0] - added(0.0)[0]
    assert difference.tolist() == pytest.approx([3.0 * (one + other) / 2, 0.0])


def test_both_passes_learn() -> None:
    """At a strength so high that the difference alone counts, each pass is drawn towards the other."""
    more, first, again = added(1000.0)
    more.sum().backward()
    assert first.grad is not None
    assert again.grad is not None
    assert float(first.grad[0, 0]) > 1.0  # less of what the other says less of
    assert float(again.grad[0, 0]) < -1.0
