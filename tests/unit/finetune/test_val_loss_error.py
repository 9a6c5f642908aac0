"""How far chance moves the loss of the held-out rows."""

import math

import pytest
import torch

from tasks.finetune.monitors.convergence import _error_of_mean
from tests.unit.finetune.test_monitor_thresholds import small


def test_the_error_of_a_val_loss_by_hand() -> None:
    """Losses 0 and log 4: their standard deviation is log 4 / √2, that of their mean log 4 / 2."""
    logits = torch.tensor([[50.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    assert _error_of_mean(small([0, 1], 4), logits) == pytest.approx(math.log(4) / 2)
    assert _error_of_mean(small([0], 4), logits[:1]) == 0
