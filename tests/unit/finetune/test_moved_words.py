"""FGM, PGD and FreeLB on a model small enough to work by hand: logits = mean of a row's word vectors · W."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tasks.finetune.penalties.adversarial import Adversarial, _Attacked
from tasks.finetune.penalties.fgm import Fgm
from tasks.finetune.penalties.free_lb import FreeLb
from tasks.finetune.penalties.pgd import Pgd
from tasks.finetune.training import Pass

IDS = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]])
LENGTHS = torch.tensor([4, 2, 1])
TARGETS = torch.tensor([0, 1, 2])
IS_TOKEN = torch.arange(4) < LENGTHS[:, None]
ALL = [Fgm(epsilon=0.3), Pgd(epsilon=0.3, steps=5), FreeLb(epsilon=0.3, steps=5)]


class Small:
    """The model; it remembers what it saw in each pass."""

    def __init__(self, dropout: float = 0.0) -> None:
        generator = torch.Generator().manual_seed(0)
        self.table = nn.Embedding.from_pretrained(torch.randn(8, 5, generator=generator))  # frozen
        self.weight = torch.randn(5, 3, generator=generator)
        self.dropout = dropout
        self.seen: list[Tensor] = []
        self.dropped: list[Tensor] = []
        self.losses: list[Tensor] = []

    def forward(self) -> Tensor:
        words: Tensor = self.table(IDS)
        self.seen.append(words.detach())
        kept = F.dropout(torch.ones(3, 5), self.dropout)
        self.dropped.append(kept)
        mean = (words * IS_TOKEN.unsqueeze(-1)).sum(1) / LENGTHS[:, None]
        return (mean * kept) @ self.weight

    def loss(self, logits: Tensor) -> Tensor:
        self.losses.append(F.cross_entropy(logits, TARGETS, reduction="none"))
        return self.losses[-1]

    def batch(self) -> Pass:
        logits = self.forward()
        self.seen.clear()
        self.dropped.clear()
        return Pass(forward=self.forward, loss=self.loss, logits=logits, truth=TARGETS, lengths=LENGTHS)

    def moved(self) -> list[Tensor]:
        """What was added to the words in each pass, in units of each row's bound for an epsilon of 1."""
        own = self.table(IDS)
        lengths = (own * IS_TOKEN.unsqueeze(-1)).flatten(1).norm(dim=1)
        return [(words - own) / lengths[:, None, None] for words in self.seen]


def added(penalty: Adversarial, small: Small) -> Tensor:
    term = _Attacked(penalty, small.table)
    return term.on_rows(small.batch())


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: penalty.kind)
def test_no_row_is_moved_further_than_its_bound_and_padding_not_at_all(penalty: Any) -> None:
    small = Small()
    added(penalty, small)
    for moved in small.moved():
        assert bool((moved.flatten(1).norm(dim=1) <= 0.3 * (1 + 1e-5)).all())
        assert float(moved[~IS_TOKEN].abs().max()) == 0.0


class Leaky(Small):
    """It looks at padding, too."""

    def forward(self) -> Tensor:
        words: Tensor = self.table(IDS)
        self.seen.append(words.detach())
        return words.mean(1) @ self.weight


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: penalty.kind)
def test_padding_is_not_moved_even_where_the_model_would_feel_it(penalty: Any) -> None:
    small = Leaky()
    added(penalty, small)
    for moved in small.moved():
        assert float(moved[~IS_TOKEN].abs().max()) == 0.0
    torch.testing.assert_close(small.moved()[-1].flatten(1).norm(dim=1), torch.full((3,), 0.3), atol=0.02, rtol=0.0)


def test_fgm_moves_by_the_bound_along_the_gradient() -> None:
    """∂ loss / ∂ word = W (p − y) / n for each of a row's n words."""
    small = Small()
    added(Fgm(epsilon=0.3), small)
    clean, moved = small.moved()
    assert float(clean.abs().max()) == 0.0
    by_hand = (small.batch().logits.softmax(-1) - F.one_hot(TARGETS, 3)) @ small.weight.T
    for row, length in enumerate(LENGTHS.tolist()):
        direction = by_hand[row].expand(length, -1)
        expected = 0.3 * direction / direction.norm()
        torch.testing.assert_close(moved[row, :length], expected, atol=1e-5, rtol=1e-4)


def test_fgm_adds_its_share_of_the_difference() -> None:
    small = Small()
    more = added(Fgm(share=0.25), small)
    attacked, own = small.losses[-2:]
    torch.testing.assert_close(more, (attacked - own) / 4)
    assert bool((attacked > own).all())


def test_pgd_climbs_from_a_random_start_to_the_edge_of_its_ball() -> None:
    torch.manual_seed(0)
    small = Small()
    more = added(Pgd(epsilon=0.3, steps=6, step_size=0.5), small)
    lengths = [moved.flatten(1).norm(dim=1) for moved in small.moved()]
    assert len(lengths) == 7
    assert 0 < float(lengths[0].max()) < 0.3
    torch.testing.assert_close(lengths[-1], torch.full((3,), 0.3), atol=1e-5, rtol=1e-4)
    assert bool((more > 0).all())


def test_pgd_with_many_steps_finds_what_fgm_finds_where_the_gradient_keeps_its_direction() -> None:
    """With two labels W (p − y) has the same direction everywhere, so both end at the same worst words."""
    ends = []
    for penalty in (Fgm(epsilon=0.2, share=1.0), Pgd(epsilon=0.2, steps=60)):
        small = Small()
        small.weight[:, 2] = small.weight[:, 1]
        ends.append(added(penalty, small)[0])
    torch.testing.assert_close(ends[0], ends[1], atol=1e-4, rtol=1e-3)


def test_free_lb_learns_from_the_mean_over_its_steps() -> None:
    torch.manual_seed(0)
    small = Small()
    small.weight.requires_grad_()
    more = added(FreeLb(steps=4), small)
    *attacked, own = small.losses
    assert len(attacked) == 4
    torch.testing.assert_close(more, sum(attacked, start=torch.zeros(3)) / 4 - own)
    (whole,) = torch.autograd.grad(more.sum(), small.weight, retain_graph=True)
    parts = [torch.autograd.grad(each.sum(), small.weight, retain_graph=True)[0] for each in small.losses]
    torch.testing.assert_close(whole, sum(parts[:4], start=torch.zeros(5, 3)) / 4 - parts[4])
    means = [float(each.detach().mean()) for each in attacked]
    assert means == sorted(means)  # each step up the gradient costs more than the one before


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: penalty.kind)
def test_all_passes_of_a_step_drop_out_the_same_and_the_next_step_another(penalty: Any) -> None:
    torch.manual_seed(0)
    small = Small(dropout=0.5)
    seen = []
    for _ in range(2):
        added(penalty, small)
        assert all(torch.equal(small.dropped[0], each) for each in small.dropped)
        seen.append(small.dropped[0])
    assert not torch.equal(*seen)


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: penalty.kind)
def test_an_attack_leaves_no_hook_and_no_gradient(penalty: Any) -> None:
    small = Small()
    small.weight.requires_grad_()
    added(penalty, small)
    assert not small.table._forward_hooks
    assert small.weight.grad is None


def test_a_row_without_a_gradient_stays_where_it_is() -> None:
    small = Small()
    small.weight.zero_()
    added(Fgm(), small)
    assert all(float(moved.abs().max()) == 0.0 for moved in small.moved())


@pytest.mark.parametrize("penalty", ALL, ids=lambda penalty: penalty.kind)
def test_words_that_learn_do_so_as_if_what_is_added_were_given(penalty: Any) -> None:
    """A longer bound for longer words is no way to be learned: nothing passes through the bound or the climb."""
    torch.manual_seed(0)
    small = Small()
    small.table.weight.requires_grad_()
    more = added(penalty, small)
    (learned,) = torch.autograd.grad(more.sum(), small.table.weight)
    own = small.table(IDS)
    parts = [words - own.detach() for words in small.seen]
    taken = parts if isinstance(penalty, FreeLb) else parts[-1:]
    losses = []
    for shift in [*taken, torch.zeros_like(own)]:
        mean = ((own + shift) * IS_TOKEN.unsqueeze(-1)).sum(1) / LENGTHS[:, None]
        losses.append(F.cross_entropy(mean @ small.weight, TARGETS))
    by_hand = penalty.share * (sum(losses[:-1], start=torch.zeros(())) / len(taken) - losses[-1]) * 3
    torch.testing.assert_close(learned, torch.autograd.grad(by_hand, small.table.weight)[0], atol=1e-5, rtol=1e-4)
