"""What a training is told to take, worked out by hand from round numbers."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.finetune import cost
from tasks.finetune.cost import Cost, estimate_cost
from tasks.finetune.penalties.ewc import Ewc
from tasks.finetune.penalties.fgm import Fgm
from tasks.finetune.penalties.free_lb import FreeLb
from tasks.finetune.penalties.r_drop import RDrop
from tasks.finetune.settings import FinetuneSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.partial import Partial

SETTINGS = FinetuneSettings(strategy=Partial(), epochs=5, batch_tokens=1_000_000)


@pytest.fixture(autouse=True)
def _steady_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)
    monkeypatch.setattr(cost, "EFFICIENCY", 0.5)  # half a billion operations a second


def costs(kept: bool = True, settings: FinetuneSettings = SETTINGS, **changes: Any) -> Cost:
    """Six layers of 10⁶ parameters, the lowest four frozen; 1000 rows, 10,000 tokens of width 100, in bfloat16."""
    shape: dict[str, Any] = {
        "layer_parameters": 10**6, "layers": 6, "frozen": 4, "total": 10**9, "trainable": 2 * 10**8, "rows": 1000,
        "tokens": 10_000, "width": 100, "dtype_bytes": 2, "threads": 1,
    }  # fmt: skip
    return estimate_cost(**shape | changes, kept=kept, finetune=settings)


LAYER = 2 * 10**6 * 10_000 / 5e8
"""Seconds of one layer's forward pass over all rows: 40."""


def test_seconds_count_forward_once_and_backward_twice_and_kept_states_once() -> None:
    assert costs().seconds == LAYER * (4 + 5 * 3 * 2)
    assert costs(kept=False).seconds == LAYER * (6 + 5 * (3 * 2 + 4))
    assert costs(settings=replace(SETTINGS, epochs=1)).seconds == LAYER * (4 + 3 * 2)


def test_layers_computed_again_cost_a_forward_pass_more() -> None:
    assert costs(settings=replace(SETTINGS, gradient_checkpointing=True)).seconds == LAYER * (4 + 5 * 4 * 2)


def test_penalties_pass_again_and_ewc_measures_before_the_first_step() -> None:
    """FGM passes three times; EWC takes 100 of 1000 rows through six layers, and back through two."""
    assert costs(settings=replace(SETTINGS, penalties=(Fgm(),))).seconds == LAYER * (4 + 3 * 5 * 3 * 2)
    measured = costs(settings=replace(SETTINGS, penalties=(Ewc(rows=100),))).seconds
    assert measured == pytest.approx(LAYER * (4 + 5 * 3 * 2 + 0.1 * (6 + 2 * 2)))


def test_feature_extraction_is_one_pass_over_all_layers_and_holds_no_states() -> None:
    found = costs(settings=FinetuneSettings(strategy=FeatureExtraction()), frozen=6)
    assert found.seconds == LAYER * 6
    assert (found.cache_gigabytes, found.checkpointing_saves_gigabytes) == (0, 0)


def test_memory_is_weights_optimizer_activations_and_states() -> None:
    """Weights 4 bytes, AdamW's 12 for what learns, 34 numbers of width 100 a token of a batch and layer that learns."""
    weights, learning, activations = 4.0, 0.2 * 12, 10**6 * 100 * 2 * 34 * 2 / 1e9
    assert costs(kept=False).memory_gigabytes == pytest.approx(weights + learning + activations + 0.4)
    kept = costs(tokens=10**7)
    assert kept.cache_gigabytes == 10**7 * 100 * 2 / 1e9
    assert kept.memory_gigabytes == pytest.approx(weights + learning + activations + 2.0 + 0.4)
    assert costs(kept=False, dtype_bytes=4).memory_gigabytes == pytest.approx(
        weights + learning + 2 * activations + 0.4
    )


@pytest.mark.parametrize(("penalty", "passes"), [(RDrop(), 2), (Fgm(), 2), (FreeLb(steps=3), 4)])
def test_passes_that_are_in_memory_at_once_are_counted(penalty: Any, passes: int) -> None:
    activations = 10**6 * 100 * 2 * 34 * 2 / 1e9
    more = costs(settings=replace(SETTINGS, penalties=(penalty,))).memory_gigabytes - costs().memory_gigabytes
    assert more == pytest.approx((passes - 1) * activations, abs=0.02)
