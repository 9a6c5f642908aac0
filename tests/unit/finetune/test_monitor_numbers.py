"""The numbers that monitors tell, against ones worked by hand."""

import math

import pytest
import torch

from tasks.finetune.monitors import course
from tasks.finetune.monitors.focus import entropy_share, mean_distance
from tasks.finetune.monitors.forgetting import general_sentences
from tasks.finetune.monitors.neighbours import nearest_centroid_accuracy, neighbours_kept
from tasks.finetune.monitors.similarity import linear_cka, mean_cosine, spread


def features(seed: int, rows: int = 20, width: int = 6) -> torch.Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


def test_cka_of_features_with_themselves_is_1() -> None:
    assert linear_cka(features(0), features(0)) == pytest.approx(1.0)


def test_cka_sees_neither_a_rotation_nor_a_scale_nor_a_shift() -> None:
    x, y = features(0), features(1)
    turn = torch.linalg.qr(features(2, 6, 6)).Q
    assert linear_cka(x @ turn, y) == pytest.approx(linear_cka(x, y), abs=1e-6)
    assert linear_cka(3 * x @ turn + 5, x) == pytest.approx(1.0, abs=1e-6)


def test_cka_by_hand() -> None:
    """Centred x is (−1, 0, 1) and y (1, −2, 1): YᵀX = 0. With y = (0, −1, 1): (YᵀX)² = 1 over 2 · 2."""
    x = torch.tensor([[-1.0], [0.0], [1.0]])
    assert linear_cka(x, torch.tensor([[1.0], [-2.0], [1.0]])) == pytest.approx(0.0)
    assert linear_cka(x, torch.tensor([[0.0], [-1.0], [1.0]])) == pytest.approx(0.25)


def test_cka_of_equation_5_as_written() -> None:
    """‖YᵀX‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F), columns centred; widths may differ."""
    x, y = features(0).double(), features(1, width=4).double()
    x, y = x - x.mean(0), y - y.mean(0)
    expected = (y.T @ x).norm() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm())
    assert linear_cka(features(0), features(1, width=4)) == pytest.approx(float(expected))


def test_cka_of_features_without_spread_and_of_other_rows() -> None:
    assert linear_cka(torch.ones(3, 2), torch.ones(3, 4)) == 1.0
    assert linear_cka(torch.ones(3, 2), features(0, 3)) == 0.0
    with pytest.raises(ValueError, match="3 rows against 4"):
        linear_cka(features(0, 3), features(0, 4))


def test_mean_cosine_and_spread_by_hand() -> None:
    x = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert mean_cosine(x, torch.tensor([[1.0, 1.0], [0.0, 1.0]])) == pytest.approx((math.sqrt(0.5) + 1) / 2)
    assert spread(x) == pytest.approx(1.0)
    assert spread(torch.ones(4, 3)) == pytest.approx(0.0)


def test_entropy_and_distance_by_hand() -> None:
    """Of four tokens: all alike 1, one alone 0, two alike log 2 / log 4; the last is padding of a row of three."""
    weights = torch.tensor([[0.25, 0.25, 0.25, 0.25], [0, 1.0, 0, 0], [0.5, 0, 0.5, 0], [0, 0, 0, 1.0]])[None, None]
    mask = torch.ones(1, 4)
    assert entropy_share(weights, mask)[0, 0].tolist() == pytest.approx([1.0, 0.0, 0.5, 0.0])
    assert mean_distance(weights, mask)[0, 0].tolist() == pytest.approx([1.5, 0.0, 1.0, 0.0])
    short = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])[None, None]
    two = torch.tensor([[1, 1, 0]])
    assert entropy_share(short, two)[0, 0, :2].tolist() == pytest.approx([1.0, 0.0])
    assert mean_distance(short, two)[0, 0, :2].tolist() == pytest.approx([0.5, 1.0])


def test_virtual_tokens_count_for_entropy_but_stand_nowhere() -> None:
    """A virtual token before a text of two: half of the first query's attention goes to it."""
    weights = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])[None, None]
    mask = torch.ones(1, 2)
    entropy = (0.5 * math.log(2) + 0.5 * math.log(4)) / math.log(3)
    assert entropy_share(weights, mask)[0, 0].tolist() == pytest.approx([entropy, 0.0])
    assert mean_distance(weights, mask)[0, 0].tolist() == pytest.approx([0.5, 1.0])


def test_a_row_is_left_out_of_the_mean_it_is_compared_with() -> None:
    """Two rows a label, at right angles: with itself in the mean each row would be nearest to its own."""
    x = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.1, 0.0], [0.0, 1.0, 0.1]])
    assert nearest_centroid_accuracy(x, torch.tensor([0, 0, 1, 1])) == 0.0
    assert nearest_centroid_accuracy(x, torch.tensor([0, 1, 0, 1])) == 1.0


def test_neighbours_kept_by_hand() -> None:
    line = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    swapped = line[[0, 2, 1, 3]]
    assert neighbours_kept(line, line, 1) == 1.0
    assert neighbours_kept(line, swapped, 1) == 0.0


def test_general_sentences_are_twenty_a_topic_and_none_twice() -> None:
    texts, topics = general_sentences()
    assert len(texts) == len(set(texts)) == 120
    assert {topics.count(topic) for topic in topics} == {20}


def epochs(*numbers: tuple[float, float, float]) -> list[dict[str, float]]:
    keys = ("train_loss", "val_loss", "val_score")
    return [{"epoch": float(at), **dict(zip(keys, each, strict=True))} for at, each in enumerate(numbers, 1)]


MANY = course.ValSide(rows=1_000_000, loss_errors=[0.001] * 9, guessing=2.0)
FEW = course.ValSide(rows=100, loss_errors=[0.001] * 9, guessing=2.0)
WELL = epochs((1.0, 1.1, 0.6), (0.5, 0.9, 0.7), (0.3, 0.85, 0.72), (0.2, 0.84, 0.73))


def test_a_course_that_is_well_raises_nothing() -> None:
    assert course.rate_too_high(WELL, 2.0) is None
    assert course.still_falling(WELL, 0.1, 4) is None
    assert course.overfitting(WELL, 0.2, MANY) is None
    assert course.plateau(WELL, 2, 2.0) is None


def test_a_train_loss_that_rises_or_is_no_better_than_a_guess_is_a_rate_too_high() -> None:
    rising = course.rate_too_high([*WELL, *epochs((0.6, 0.9, 0.7))], 2.0)
    assert rising is not None
    assert rising.epoch == 5
    guessing = course.rate_too_high(epochs((3.0, 2.2, 0.1)), 2.0)
    assert guessing is not None
    assert "an even guess costs 2" in guessing.message


def test_a_training_stopped_early_by_patience_is_not_still_falling() -> None:
    assert course.still_falling(WELL[:2], 0.1, 2) is not None
    assert course.still_falling(WELL[:2], 0.1, 4) is None


def test_a_train_loss_that_rises_from_next_to_nothing_is_no_rate_too_high() -> None:
    """By less than a twentieth of what a guess costs, however many times it is the earlier one."""
    assert course.rate_too_high(epochs((0.5, 0.9, 0.7), (0.01, 0.9, 0.7), (0.10, 0.9, 0.7)), 2.0) is None
    assert course.rate_too_high(epochs((0.5, 0.9, 0.7), (0.01, 0.9, 0.7), (0.12, 0.9, 0.7)), 2.0) is not None
    assert course.rate_too_high(epochs((1.0, 0.9, 0.7), (1.24, 0.9, 0.7)), 2.0) is None  # not by a quarter
    assert course.rate_too_high(epochs((1.0, 0.9, 0.7), (1.26, 0.9, 0.7)), 2.0) is not None


def test_a_val_loss_that_falls_while_answers_stay_the_same_is_not_still_falling() -> None:
    assert course.still_falling(epochs((1.0, 1.1, 0.700), (0.5, 0.9, 0.704)), 0.1, 2) is None
    assert course.still_falling(epochs((1.0, 1.1, 0.700), (0.5, 0.9, 0.706)), 0.1, 2) is not None
    assert course.still_falling(epochs((1.0, 1.1, 0.6), (0.5, 1.0, 0.7)), 0.1, 2) is None  # by 9 %


def test_a_val_loss_that_falls_by_less_than_a_hundredth_brings_nothing() -> None:
    for loss, expected in ((0.836, True), (0.83, False)):  # 0.84 less a hundredth is 0.8316
        found = course.plateau([*WELL, *epochs(*[(0.2, loss, 0.73)] * 3)], 3, 2.0)
        assert (found is not None) == expected, loss


def test_a_val_loss_that_rises_is_overfitting_where_macro_f1_falls() -> None:
    found = course.overfitting([*WELL, *epochs((0.1, 1.1, 0.70))], 0.2, MANY)
    assert found is not None
    assert found.epoch == 5
    assert "risen by 31% since epoch 4" in found.message  # 1.1 / 0.84
    assert "macro F1 fell from 0.730 in epoch 4 to 0.700" in found.message
    assert course.overfitting([*WELL, *epochs((0.1, 1.1, 0.73))], 0.2, MANY) is None  # surer, and as often right
    assert course.overfitting([*WELL, *epochs((0.1, 1.1, 0.70))], 0.4, MANY) is None
    assert course.overfitting([*WELL, *epochs((0.3, 1.1, 0.70))], 0.2, MANY) is None  # train loss did not fall


def test_a_val_loss_above_an_even_guess_is_overfitting_whatever_macro_f1_says() -> None:
    found = course.overfitting([*WELL, *epochs((0.1, 2.1, 0.73))], 0.2, MANY)
    assert found is not None
    assert "an even guess costs 2" in found.message


def test_what_chance_does_to_a_small_val_side_is_no_overfitting() -> None:
    """100 rows: two standard errors of the difference of 0.73 and 0.60 are 2 · √(0.1971 + 0.24) / 10 = 0.132.

    And of two losses that are sure to 0.1 each: 2 · √2 · 0.1 = 0.283, more than they differ by.
    """
    assert course.overfitting([*WELL, *epochs((0.1, 1.1, 0.60))], 0.2, FEW) is None
    assert course.overfitting([*WELL, *epochs((0.1, 1.1, 0.59))], 0.2, FEW) is not None
    unsure = course.ValSide(rows=100, loss_errors=[0.1] * 5, guessing=2.0)
    assert course.overfitting([*WELL, *epochs((0.1, 1.1, 0.59))], 0.2, unsure) is None


def test_epochs_that_bring_nothing_are_a_plateau() -> None:
    still = [*WELL, *epochs(*[(0.15, 0.85, 0.73)] * 3)]
    found = course.plateau(still, 3, 2.0)
    assert found is not None
    assert found.epoch == 4
    assert course.plateau(still, 4, 2.0) is None


def test_while_train_loss_falls_no_epoch_is_for_nothing() -> None:
    """A fall of 0.1 is a twentieth of what a guess costs."""
    assert course.plateau([*WELL, *epochs(*[(0.09, 0.85, 0.73)] * 3)], 3, 2.0) is None
    assert course.plateau([*WELL, *epochs(*[(0.11, 0.85, 0.73)] * 3)], 3, 2.0) is not None


MEASURED = {
    "partial, seed 0": epochs(
        (0.938, 1.042, 0.579),
        (0.401, 1.346, 0.578),
        (0.193, 1.195, 0.585),
        (0.061, 1.328, 0.539),
        (0.024, 1.276, 0.559),
    ),
    "full, seed 0": epochs(
        (0.929, 0.959, 0.631),
        (0.275, 1.158, 0.646),
        (0.106, 1.145, 0.571),
        (0.022, 1.263, 0.595),
        (0.008, 1.302, 0.593),
    ),
    "full, seed 1": epochs(
        (0.943, 1.038, 0.635),
        (0.276, 1.231, 0.568),
        (0.083, 1.267, 0.631),
        (0.026, 1.310, 0.610),
        (0.011, 1.287, 0.604),
    ),
    "lora, seed 0": epochs(
        (0.902, 1.038, 0.571),
        (0.454, 1.118, 0.601),
        (0.230, 1.061, 0.611),
        (0.106, 1.161, 0.605),
        (0.056, 1.138, 0.600),
    ),
}
"""The repository's settings on the embedded data: 833 train rows, 115 val rows, 16 labels. On the 254 test rows
accuracy rose from the first epoch to the last: 0.618 → 0.650, 0.654 → 0.720, 0.673 → 0.720, 0.650 → 0.677."""


@pytest.mark.parametrize("name", MEASURED)
def test_default_trainings_that_were_well_raise_nothing_though_val_says_otherwise(name: str) -> None:
    val = course.ValSide(rows=115, loss_errors=[0.0] * 5, guessing=math.log(16))
    found = [
        course.rate_too_high(MEASURED[name], math.log(16)),
        course.still_falling(MEASURED[name], 0.1, 5),
        course.overfitting(MEASURED[name], 0.2, val),
        course.plateau(MEASURED[name], 4, math.log(16)),
    ]
    assert found == [None] * 4
