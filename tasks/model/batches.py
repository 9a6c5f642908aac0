"""Rows → batches of padded token ids that cost about the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Some rows, padded to the longest of them. B rows, T tokens."""

    rows: Tensor
    """(B,) positions in the table the batch was made from."""
    input_ids: Tensor
    """(B, T) token ids, 0 where there is none."""
    attention_mask: Tensor
    """(B, T) 1 for a token, 0 for padding."""


def plan_batches(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Rows grouped by length so that rows × longest row ≤ `token_budget` (a longer row is a batch of its own).

    Each batch is as full as its neighbours in length allow; ties keep the rows' order, so the plan is deterministic.
    """
    batches: list[list[int]] = []
    current: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if current and lengths[row] * (len(current) + 1) > token_budget:
            batches.append(current)
            current = []
        current.append(row)
    return [*batches, current] if current else batches


def epoch_batches(lengths: Sequence[int], token_budget: int, generator: torch.Generator) -> list[list[int]]:
    """`plan_batches` over rows and batches in random order: other neighbours each epoch, at the same cost."""
    shuffled = torch.randperm(len(lengths), generator=generator).tolist()
    batches = plan_batches([lengths[row] for row in shuffled], token_budget)
    order = torch.randperm(len(batches), generator=generator).tolist()
    return [[shuffled[position] for position in batches[number]] for number in order]


def seeded(seed: int, epoch: int) -> torch.Generator:
    """The source of an epoch's order: the same for the same seed and epoch, wherever training was stopped."""
    return torch.Generator().manual_seed(seed * 1_000_003 + epoch)


def pad(rows: Sequence[int], ids: Sequence[Sequence[int]]) -> Batch:
    """The batch of these rows of `ids`."""
    longest = max(len(ids[row]) for row in rows)
    input_ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for place, row in enumerate(rows):
        count = len(ids[row])
        input_ids[place, :count] = torch.tensor(ids[row])
        mask[place, :count] = 1
    return Batch(torch.tensor(rows), input_ids, mask)
