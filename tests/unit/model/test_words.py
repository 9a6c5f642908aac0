"""A narrowed table of words computes and learns what the whole one does."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from tasks.model.encoder import load_encoder
from tasks.model.settings import BaseSettings
from tasks.model.words import NarrowedWords, narrow_words

KINDS = ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "mpnet", "electra"]
ROWS = [[2, 5, 6, 7, 8, 3], [2, 9, 10, 3]]
IDS = torch.tensor([[2, 5, 6, 7, 8, 3], [2, 9, 10, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])


@pytest.mark.parametrize("kind", KINDS)
def test_every_architecture_gives_the_same_states_and_gets_its_table_back(
    kind: str, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    """RoBERTa and MPNet count positions by the id of padding: what they see of the ids must not change."""
    encoder = load_encoder(Path(str(tiny_bases(kind).folder)), "eager").eval()
    whole = encoder.get_input_embeddings().weight  # type: ignore[operator]
    before = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    words = narrow_words(encoder, ROWS)
    assert words is not None
    assert len(encoder.get_input_embeddings().weight) < 12  # type: ignore[operator]
    narrow = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    assert torch.equal(narrow[MASK.bool()], before[MASK.bool()])
    name = next(n for n, p in encoder.named_parameters() if p is encoder.get_input_embeddings().weight)  # type: ignore[operator]
    state = words.widen(encoder, {name: encoder.get_input_embeddings().weight.detach() + 1})  # type: ignore[operator]
    assert torch.equal(encoder.get_input_embeddings().weight, whole)  # type: ignore[operator]
    assert torch.equal(encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state, before)
    moved = (state[name] != whole).any(1).nonzero().flatten().tolist()
    assert set(moved) == {0, 2, 3, 5, 6, 7, 8, 9, 10} | ({1} if kind == "mpnet" else set())


def test_words_get_the_gradient_that_they_get_in_the_whole_table_and_padding_gets_none() -> None:
    torch.manual_seed(0)
    table = nn.Embedding(20, 4, padding_idx=0)
    nn.init.normal_(table.weight)  # padding's too, which starts as 0
    ids = torch.tensor([[3, 7, 7, 0]])
    table(ids).square().sum().backward()
    assert table.weight.grad is not None
    whole = table.weight.grad[[0, 3, 7]].clone()
    NarrowedWords(table, [[3, 7]])
    table(ids).square().sum().backward()
    assert torch.equal(table.weight.grad, whole)
    assert not whole[0].any()


def test_a_word_that_was_not_named_is_refused_and_not_mistaken_for_another() -> None:
    table = nn.Embedding(20, 4)
    NarrowedWords(table, [[3, 7]])
    with pytest.raises(IndexError):
        table(torch.tensor([5]))


def test_frozen_words_stay_whole(tiny_base: BaseSettings) -> None:
    encoder = load_encoder(Path(str(tiny_base.folder)), "eager").requires_grad_(False)
    assert narrow_words(encoder, ROWS) is None
    assert len(encoder.get_input_embeddings().weight) == 64  # type: ignore[operator]


def test_a_base_without_a_table_of_words_is_left_as_it_is() -> None:
    import transformers as t

    config = t.CanineConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    assert narrow_words(t.CanineModel(config), ROWS) is None
