"""Which layers learn when: told by the epochs so far and by nothing else. Six layers; numbers counted by hand."""

from typing import Any

import pytest

from tasks.finetune.thaws.at_once import AtOnce
from tasks.finetune.thaws.base import Thaw, front
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.freeze_out import FreezeOut
from tasks.finetune.thaws.on_plateau import OnPlateau

LAYERS = 6


def _course(thaw: Thaw, losses: list[float]) -> list[int]:
    """Learning top layers in each epoch, if val ended so in the epochs before."""
    history: list[dict[str, Any]] = [{"val_loss": loss} for loss in losses]
    return [thaw.top_layers(LAYERS, history[:done]) for done in range(len(history) + 1)]


def test_at_once_everything_learns_from_the_first_epoch_on() -> None:
    assert _course(AtOnce(), [1.0, 2.0]) == [7, 7, 7]
    assert not AtOnce().is_moving


def test_by_epoch_one_layer_joins_after_each_and_the_embeddings_last() -> None:
    assert _course(ByEpoch(), [9.0] * 8) == [0, 1, 2, 3, 4, 5, 6, 7, 7]


def test_by_epoch_counts_its_start_its_step_and_its_epochs() -> None:
    assert _course(ByEpoch(start=1, layers=2, epochs=2), [9.0] * 5) == [1, 1, 3, 3, 5, 5]


def test_on_plateau_nothing_joins_while_val_gets_better() -> None:
    assert _course(OnPlateau(), [1.0, 0.9, 0.8, 0.7]) == [0, 0, 0, 0, 0]


def test_on_plateau_layers_join_when_the_gain_is_too_small_and_the_wait_begins_anew() -> None:
    thaw = OnPlateau(patience=2, smallest_gain=0.1)
    # 1.0 is a gain, .95 and .92 are not → join; .5 is; .49 and .48 are not → join
    assert _course(thaw, [1.0, 0.95, 0.92, 0.5, 0.49, 0.48]) == [0, 0, 0, 1, 1, 1, 2]


def test_freeze_out_the_lowest_layers_stop_first_and_the_head_never() -> None:
    assert _course(FreezeOut(layers=2), [9.0] * 4) == [7, 4, 2, 0, 0]


@pytest.mark.parametrize(("top", "lowest"), [(0, 8), (1, 6), (2, 5), (6, 1), (7, 0)])
def test_front_is_the_lowest_depth_that_learns(top: int, lowest: int) -> None:
    assert front(top, LAYERS) == lowest
