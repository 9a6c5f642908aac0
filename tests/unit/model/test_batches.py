"""Batches hold every row once and keep to the budget."""

import pytest
import torch

from tasks.model.batches import ROWS_OF_A_STEP, batches_per_step, epoch_batches, pad, plan_batches, seeded

LENGTHS = [3, 9, 4, 4, 30, 2, 8, 5, 5, 5]


def test_every_row_is_in_exactly_one_batch() -> None:
    assert sorted(row for rows in plan_batches(LENGTHS, 16) for row in rows) == list(range(10))


@pytest.mark.parametrize("budget", [1, 16, 24, 40, 1000])
def test_no_batch_costs_more_than_the_budget_but_a_single_long_row(budget: int) -> None:
    """Padding costs as much as a token; and each batch holds as many rows as it can."""
    batches = plan_batches(LENGTHS, budget)
    for rows, after in zip(batches, [*batches[1:], []], strict=True):
        assert len(rows) * max(LENGTHS[row] for row in rows) <= budget or len(rows) == 1
        if after:
            assert (len(rows) + 1) * LENGTHS[after[0]] > budget


def test_each_epoch_has_other_batches_but_as_many() -> None:
    lengths = [5 + number % 3 for number in range(50)]
    first, second = (epoch_batches(lengths, 32, seeded(0, epoch)) for epoch in (0, 1))
    assert first != second
    assert len(first) == len(second) == len(plan_batches(lengths, 32))
    assert first == epoch_batches(lengths, 32, seeded(0, 0))


def test_padding_is_zero_and_masked() -> None:
    batch = pad([1, 0], [[7, 8, 9], [5]])
    assert torch.equal(batch.input_ids, torch.tensor([[5, 0, 0], [7, 8, 9]]))
    assert torch.equal(batch.attention_mask, torch.tensor([[1, 0, 0], [1, 1, 1]]))


@pytest.mark.parametrize(
    ("tokens", "budget", "batches"),
    [
        (12, 1024, 1),  # 85 rows in a batch
        (64, 1024, 1),  # 16
        (120, 1024, 2),  # 8 rows in a batch, 16 in a step
        (256, 1024, 4),  # 4
        (512, 1024, 8),  # 2
        (2048, 1024, 16),  # a row is longer than a batch may be: each is one of its own
        (256, 8192, 1),
    ],
)
def test_steps_of_long_texts_hold_as_many_rows_as_those_of_shorter_ones(tokens: int, budget: int, batches: int) -> None:
    lengths = [tokens] * 64 * 85
    assert batches_per_step(lengths, budget, None) == batches
    rows = len(lengths) / len(plan_batches(lengths, budget)) * batches
    assert rows > ROWS_OF_A_STEP / 2
    assert batches_per_step(lengths, budget, 3) == 3


def test_a_few_long_texts_among_short_ones_change_nothing() -> None:
    assert batches_per_step([12] * 500 + [256] * 20, 1024, None) == 1
