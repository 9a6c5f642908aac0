"""LoReFT: its formula by hand, its rotation, its positions, and how much it edits."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from tasks.model.classifier import build_classifier
from tasks.model.encoder import layer_stack
from tasks.model.low_rank_edit import LowRankEdit, chosen_tokens
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.strategies.reft import Reft


def test_the_edit_is_the_papers_formula_worked_by_hand() -> None:
    """R = (0.6, 0.8), W = (1, 2), b = 0.5, h = (1, 1): Wh + b − Rh = 3.5 − 1.4 = 2.1, h + Rᵀ 2.1 = (2.26, 2.68)."""
    edit = LowRankEdit(features=2, rank=1)
    edit.free.data = torch.tensor([[3.0, 4.0]])
    edit.source.data, edit.bias.data = torch.tensor([[1.0, 2.0]]), torch.tensor([0.5])
    torch.testing.assert_close(edit.rotation(), torch.tensor([[0.6, 0.8]]))
    torch.testing.assert_close(edit(torch.tensor([[1.0, 1.0]])), torch.tensor([[2.26, 2.68]]))


def test_the_edited_state_has_the_wanted_coordinates_in_the_subspace_and_keeps_the_rest() -> None:
    """R(h + Rᵀ(Wh + b − Rh)) = Wh + b, since RRᵀ = I; what is orthogonal to R's rows stays."""
    torch.manual_seed(0)
    edit, h = LowRankEdit(features=6, rank=2), torch.randn(5, 6)
    torch.nn.init.normal_(edit.source)
    torch.nn.init.normal_(edit.bias)
    rotation = edit.rotation()
    torch.testing.assert_close(edit(h) @ rotation.t(), h @ edit.source.t() + edit.bias)
    rest = torch.eye(6) - rotation.t() @ rotation
    torch.testing.assert_close(edit(h) @ rest, h @ rest)


def test_rows_stay_orthonormal_whatever_is_learned_and_however_it_decays() -> None:
    torch.manual_seed(0)
    edit, h = LowRankEdit(features=8, rank=3), torch.randn(20, 8)
    before = edit.rotation().detach()
    optimizer = torch.optim.AdamW(edit.parameters(), lr=0.1, weight_decay=0.5)
    for _ in range(20):
        edit(h).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    rotation = edit.rotation().detach()
    torch.testing.assert_close(rotation @ rotation.t(), torch.eye(3))
    assert (rotation - before).abs().max() > 0.1


def test_nothing_is_edited_before_the_first_step(tiny_base: BaseSettings) -> None:
    ids = torch.tensor([[2, 5, 6, 7, 8, 3]])
    mask = torch.ones_like(ids)
    folder = Path(str(tiny_base.folder))
    edited, plain = (build_classifier(folder, each, 2, "sdpa").eval() for each in (Reft(), FeatureExtraction()))
    states = [each.encoder(input_ids=ids, attention_mask=mask).last_hidden_state for each in (edited, plain)]
    assert torch.equal(states[0], states[1])


def test_the_first_and_last_real_tokens_are_chosen_wherever_padding_stands() -> None:
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1]])
    expected = [[1, 1, 0, 0, 0, 1], [1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 1]]
    assert chosen_tokens(mask, first=2, last=1).int().tolist() == expected


def test_only_chosen_tokens_are_edited_behind_the_last_layer(tiny_base: BaseSettings) -> None:
    model = build_classifier(Path(str(tiny_base.folder)), Reft(first=1, last=1, layers=1), 2, "sdpa").eval()
    ids, mask = torch.tensor([[2, 5, 6, 3, 0]]), torch.tensor([[1, 1, 1, 1, 0]])
    before = model.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    layer_stack(model.encoder)[-1].low_rank_edit.bias.data += 1.0  # type: ignore[union-attr,operator]
    after = model.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    assert (before != after).any(-1).tolist() == [[True, False, False, True, False]]


def test_the_share_of_edited_states_counts_tokens_and_layers() -> None:
    """Rows of 3 and 12 tokens, 4 + 4 edited behind 2 of 3 layers: (3 + 8) · 2 / (15 · 3)."""
    assert Reft(first=4, last=4, layers=2).edited_share([3, 12], 3) == pytest.approx(22 / 45)
    assert Reft(first=1, last=0).edited_share([10], 3) == pytest.approx(0.1)


def test_settings_that_edit_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="no token would be edited"):
        Reft(first=0, last=0)
