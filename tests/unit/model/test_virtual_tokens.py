"""Learned vectors, keys and values before each text: where they stand, and who does not see them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.errors import SettingsError
from tasks.model.classifier import build_classifier, frozen_layers, learned_state, parameter_depths
from tasks.model.encoder import embeddings_of, load_encoder
from tasks.model.settings import BaseSettings
from tasks.model.strategies.p_tuning import PTuning
from tasks.model.strategies.prefix import Prefix
from tasks.model.strategies.prompt import Prompt

IDS = torch.tensor([[2, 5, 6, 3], [2, 9, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
STRATEGIES = [Prompt(tokens=3), PTuning(tokens=3), Prefix(tokens=3)]


def encoder_of(base: BaseSettings, strategy: Any) -> Any:
    torch.manual_seed(0)
    return build_classifier(Path(str(base.folder)), strategy, 2, "sdpa").eval().encoder


@pytest.mark.parametrize("kind", ["bert", "roberta", "modernbert", "deberta-v3", "gpt2", "llama"])
def test_a_prompt_of_words_gives_the_states_of_a_text_that_begins_with_them(
    kind: str, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    """So masks and positions are the base's own, and the prompt's states are left out: no pooling sees them."""
    base = tiny_bases(kind)
    encoder = encoder_of(base, Prompt(tokens=2))
    words = torch.tensor([[7, 8], [7, 8]])
    table = encoder.get_input_embeddings()
    owner, name = embeddings_of(encoder)
    getattr(owner, name).virtual_tokens.embedding.weight.data = table.weight.data[words[0]].clone()
    prompted = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    longer, mask = torch.cat([words, IDS], 1), torch.cat([torch.ones(2, 2, dtype=torch.long), MASK], 1)
    whole = load_encoder(Path(str(base.folder)), "sdpa").eval()(input_ids=longer, attention_mask=mask)
    torch.testing.assert_close(prompted[MASK.bool()], whole.last_hidden_state[:, 2:][MASK.bool()])


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: each.kind)
def test_every_virtual_token_is_attended_to(strategy: Any, tiny_base: BaseSettings) -> None:
    encoder = encoder_of(tiny_base, strategy)
    encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state[1, :3].square().sum().backward()
    table = encoder.embeddings.virtual_tokens.embedding.weight
    assert (table.grad.abs().sum(1) > 0).tolist() == [True] * 3


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: each.kind)
def test_virtual_tokens_lie_below_every_layer_so_that_no_states_are_kept(
    strategy: Any, tiny_base: BaseSettings
) -> None:
    model = build_classifier(Path(str(tiny_base.folder)), strategy, 2, "sdpa")
    depths = parameter_depths(model)
    assert {depths[name] for name in learned_state(model) if "virtual_tokens" in name} == {0}
    assert frozen_layers(model) == 0


def test_keys_and_values_reach_every_layer(tiny_base: BaseSettings) -> None:
    encoder = encoder_of(tiny_base, Prefix(tokens=2))
    encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state[0].square().sum().backward()
    by_layer = encoder.embeddings.virtual_tokens.embedding.weight.grad.view(2, 3, 2, 32)
    assert (by_layer.abs().sum(-1) > 0).all()


@pytest.mark.parametrize("strategy", [PTuning(tokens=3), Prefix(tokens=3, width=8)], ids=lambda each: each.kind)
def test_the_network_is_folded_into_what_it_makes(strategy: Any, tiny_base: BaseSettings) -> None:
    encoder = encoder_of(tiny_base, strategy)
    before = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    strategy.merge(encoder)
    assert [name for name, _ in encoder.embeddings.virtual_tokens.named_parameters()] == ["embedding.weight"]
    torch.testing.assert_close(encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state, before)


@pytest.mark.parametrize("kind", ["bert", "roberta", "gpt2"])
@pytest.mark.parametrize("make", [Prompt, PTuning, Prefix], ids=lambda each: each.kind)
def test_more_tokens_than_the_base_has_positions_are_told_in_one_line(
    make: Any, kind: str, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    """64 positions: 60 virtual tokens leave room for 4; RoBERTa's table has 66 rows, of which 1 is for padding."""
    room = {"bert": 64, "roberta": 65, "gpt2": 64}[kind]
    ids, mask = IDS[:1], MASK[:1]
    encoder_of(tiny_bases(kind), make(tokens=room - 4))(input_ids=ids, attention_mask=mask)
    encoder = encoder_of(tiny_bases(kind), make(tokens=room - 3))
    with pytest.raises(SettingsError, match=rf"tokens: {room - 3}, but the base has {room} positions and texts take 4"):
        encoder(input_ids=ids, attention_mask=mask)
