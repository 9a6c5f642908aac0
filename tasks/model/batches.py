"""Rows → batches of padded token ids that cost about the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import torch
from torch import Tensor

ROWS_OF_A_STEP = 16
"""What the default rates of the strategies ask for, at least by half."""


@dataclass(frozen=True)
class Tokens(Sequence[list[int]]):
    """The token ids of rows, a list each; of pairs, also what their tokenizer says of each token."""

    ids: list[list[int]]
    types: list[list[int]] | None = None
    """For bases that are told the two texts apart by token types."""
    segments: list[list[int]] | None = None
    """1 for a token of the first text, 2 for one of the second, 0 for a special one."""
    words: list[list[int]] | None = None
    """Where words are answered: the place of each word's first token, -1 for a word without one."""
    is_cut: list[bool] | None = None
    """Whether the row had more tokens than were read of it."""

    @overload
    def __getitem__(self, row: int) -> list[int]: ...
    @overload
    def __getitem__(self, row: slice) -> "Tokens": ...
    def __getitem__(self, row: int | slice) -> "list[int] | Tokens":
        if isinstance(row, int):
            return self.ids[row]
        types, segments, words = (
            None if each is None else each[row] for each in (self.types, self.segments, self.words)
        )
        return Tokens(self.ids[row], types, segments, words, None if self.is_cut is None else self.is_cut[row])

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Batch:
    """Some rows, padded to the longest of them. B rows, T tokens."""

    rows: Tensor
    """(B,) positions in the table the batch was made from."""
    input_ids: Tensor
    """(B, T) token ids, 0 where there is none."""
    attention_mask: Tensor
    """(B, T) 1 for a token, 0 for padding."""
    token_types: Tensor | None = None
    """(B, T), of pairs; 0 for padding."""
    segments: Tensor | None = None
    """(B, T), of pairs; 0 for padding."""
    words: Tensor | None = None
    """(B, W), where words are answered: the place of each word's first token, -1 where there is none."""

    @property
    def extras(self) -> dict[str, Tensor | None]:
        """What the classifier is given beside ids and mask."""
        return {"token_types": self.token_types, "segments": self.segments, "words": self.words}

    def to(self, device: torch.device) -> "Batch":
        """The batch on this device; `rows` stay on the CPU."""
        moved = {name: each.to(device) for name, each in vars(self).items() if name != "rows" and each is not None}
        return replace(self, **moved)


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


def batches_per_step(lengths: Sequence[int], token_budget: int, accumulate: int | None) -> int:
    """How many batches of `plan_batches` make a step: `accumulate`, or, if None, as many as hold ROWS_OF_A_STEP rows.

    Where texts are long a batch holds few rows, and a step by it alone would follow their noise at a rate that is meant
    for more. Batches of more than half as many rows are left as they are.
    """
    if accumulate is not None:
        return accumulate
    rows_of_a_batch = len(lengths) / max(1, len(plan_batches(lengths, token_budget)))
    return max(1, math.floor(ROWS_OF_A_STEP / max(1.0, rows_of_a_batch)))


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
    """The batch of these rows of `ids`; with what is known of their tokens, if they are Tokens."""
    longest = max(len(ids[row]) for row in rows)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for place, row in enumerate(rows):
        mask[place, : len(ids[row])] = 1
    types, segments, words = (ids.types, ids.segments, ids.words) if isinstance(ids, Tokens) else (None, None, None)
    return Batch(
        torch.tensor(rows),
        _filled(rows, ids, longest),
        mask,
        None if types is None else _filled(rows, types, longest),
        None if segments is None else _filled(rows, segments, longest),
        None if words is None else _filled(rows, words, max(len(words[row]) for row in rows), -1),
    )


def _filled(rows: Sequence[int], values: Sequence[Sequence[int]], longest: int, padding: int = 0) -> Tensor:
    """(B, T): the values of these rows, then padding."""
    filled = torch.full((len(rows), longest), padding)
    for place, row in enumerate(rows):
        filled[place, : len(values[row])] = torch.tensor(values[row])
    return filled
