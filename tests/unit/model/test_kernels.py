"""Our softmax and dropout are PyTorch's."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from tasks.model.encoder import load_encoder
from tasks.model.kernels import SHORT, QuickKernels, _Dropout, _Softmax
from tasks.model.settings import BaseSettings

KINDS = ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "mpnet"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("length", [1, 5, 13, 32])
def test_a_short_softmax_and_its_gradient_are_what_pytorch_gives(length: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    scores = torch.randn(3, 4, 6, length).to(dtype)
    scores[0, :, :, 1:] = torch.finfo(dtype).min  # padding
    scores[1] = torch.finfo(dtype).min  # nothing but padding
    back = torch.randn_like(scores)
    ours, theirs = scores.clone().requires_grad_(), scores.clone().requires_grad_()
    with QuickKernels():
        shares = F.softmax(ours, dim=-1)
    assert type(shares.grad_fn).__name__ == f"{_Softmax.__name__}Backward"
    shares.backward(back)
    F.softmax(theirs, dim=-1).backward(back)
    assert shares.dtype == dtype
    torch.testing.assert_close(shares, F.softmax(theirs, dim=-1))
    assert ours.grad is not None
    # PyTorch rounds to bfloat16 before it multiplies, we after
    torch.testing.assert_close(ours.grad, theirs.grad, **({"atol": 0.02, "rtol": 0.02} if dtype.itemsize == 2 else {}))


def test_a_softmax_in_another_dtype_has_that_dtype() -> None:
    with QuickKernels():
        assert F.softmax(torch.zeros(2, 3, dtype=torch.bfloat16), dim=-1, dtype=torch.float32).dtype == torch.float32


def test_long_rows_and_other_dimensions_are_left_to_pytorch() -> None:
    with QuickKernels():
        long = F.softmax(torch.zeros(2, SHORT + 1, requires_grad=True), dim=-1)
        across = F.softmax(torch.zeros(2, 3, requires_grad=True), dim=0)
    assert {type(each.grad_fn).__name__ for each in (long, across)} == {"SoftmaxBackward0"}


def test_dropout_drops_its_share_and_scales_the_rest() -> None:
    torch.manual_seed(0)
    states = torch.ones(1000, 1001, dtype=torch.bfloat16)
    with QuickKernels():
        dropped = F.dropout(states, 0.1, True)
    # 1,001,000 draws at 0.1: standard deviation of the share √(0.1 · 0.9 / 1,001,000) = 0.0003
    assert float((dropped == 0).float().mean()) == pytest.approx(0.1, abs=0.0012)
    assert dropped.unique().tolist() == [0.0, pytest.approx(1 / 0.9, rel=2**-8)]


def test_the_gradient_is_dropped_where_the_value_was() -> None:
    torch.manual_seed(0)
    states = torch.randn(7, 9, dtype=torch.bfloat16).requires_grad_()
    with QuickKernels():
        dropped = F.dropout(states, 0.5, True)
    assert type(dropped.grad_fn).__name__ == f"{_Dropout.__name__}Backward"
    dropped.sum().backward()
    assert states.grad is not None
    assert torch.equal(states.grad, torch.where(dropped == 0, 0.0, 2.0).bfloat16())


def test_the_same_seed_drops_the_same_values_and_the_next_draw_others() -> None:
    def draws() -> list[torch.Tensor]:
        torch.manual_seed(3)
        with QuickKernels():
            return [F.dropout(torch.ones(64, 64, dtype=torch.bfloat16), 0.3, True) for _ in range(2)]

    first, second = draws(), draws()
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (0.5, False)])
def test_no_dropout_changes_nothing(p: float, training: bool) -> None:
    states = torch.randn(5, 5, dtype=torch.bfloat16)
    with QuickKernels():
        assert torch.equal(F.dropout(states, p, training), states)


@pytest.mark.parametrize("kind", KINDS)
def test_every_architecture_computes_the_same_states(kind: str, tiny_bases: Callable[[str], BaseSettings]) -> None:
    encoder = load_encoder(Path(str(tiny_bases(kind).folder)), "eager").eval()
    ids = torch.tensor([[2, 5, 6, 7, 8, 3], [2, 9, 10, 3, 0, 0]])
    mask = (ids > 0).long()
    plain = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    with QuickKernels():
        quick = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(quick[mask.bool()], plain[mask.bool()])
