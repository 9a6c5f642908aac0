"""What holds weights where they started: which of them, and how strongly each."""

import pytest
import torch

from tasks.finetune.penalties.anchor import Anchor
from tasks.finetune.penalties.ewc import Ewc
from tasks.finetune.penalties.fisher import diagonal_fisher
from tasks.model.classifier import thaw
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tests.unit.finetune.test_loop import training_of
from tests.unit.finetune.test_penalties import SETTINGS


def test_ewcs_importance_is_the_fisher_of_the_base_at_the_start_over_its_mean(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    """So a strength means what it does for l2_sp, whose importance is 1."""
    training = training_of(learnable, SETTINGS, tiny_base)
    names = [name for name in training.model.learnable if name.startswith("encoder.")]
    ids = training.train.examples.ids
    fisher = diagonal_fisher(training.model, sorted(names), ids, rows=7, seed=3)
    importance = Ewc(rows=7, seed=3).start(training)._importance  # type: ignore[attr-defined]
    assert importance.keys() == set(names)
    every = torch.cat([each.flatten() for each in importance.values()])
    assert float(every.double().mean()) == pytest.approx(1.0, rel=1e-4)
    whole = torch.cat([fisher[name].flatten() for name in importance])
    torch.testing.assert_close(every, whole / whole.double().mean().float(), atol=1e-3, rtol=1e-3)


def test_what_is_frozen_again_is_no_longer_counted(learnable: Paths, tiny_base: BaseSettings) -> None:
    """All weights moved by 0.1: a hundredth for each that learns now; the head is not held."""
    model = training_of(learnable, SETTINGS, tiny_base).model
    anchor = Anchor(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1
    for lowest, places in ((0, ("encoder.",)), (3, (".layer.2.",)), (5, ())):
        thaw(model, lowest)
        count = sum(p.numel() for name, p in model.named_parameters() if any(each in name for each in places))
        assert float(anchor.distance().detach()) == pytest.approx(count / 100, rel=1e-3)
