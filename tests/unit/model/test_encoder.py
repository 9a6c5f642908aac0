"""Every architecture: layers found by role, upper layers run from stored states."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tasks.inputs.pooling import mean_pool
from tasks.model.encoder import (
    are_transposed,
    depth_of_parameters,
    layer_stack,
    linear_names,
    load_encoder,
    widths,
)
from tasks.model.settings import BaseSettings
from tasks.model.upper import cut_is_exact, states_at, upper_layers

KINDS = ["bert", "roberta", "distilbert", "modernbert", "deberta-v3", "mpnet", "electra", "gpt2", "llama"]
FINAL = {"modernbert": {"final_norm.weight"}, "gpt2": {"ln_f.weight", "ln_f.bias"}, "llama": {"norm.weight"}}
IDS = torch.tensor([[2, 5, 6, 7, 8, 3], [2, 9, 10, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])


def load(base: BaseSettings, attention: str = "sdpa") -> torch.nn.Module:
    return load_encoder(Path(str(base.folder)), attention).eval()


@pytest.mark.parametrize("kind", KINDS)
def test_any_encoder_loads_and_gives_finite_states(kind: str, tiny_bases: Callable[[str], BaseSettings]) -> None:
    states = load(tiny_bases(kind))(input_ids=IDS, attention_mask=MASK).last_hidden_state
    assert states.shape == (2, 6, 32)
    assert states.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_depths_run_from_embeddings_through_three_layers(kind: str, tiny_bases: Callable[[str], BaseSettings]) -> None:
    encoder = load(tiny_bases(kind))
    depths = depth_of_parameters(encoder)
    assert len(layer_stack(encoder)) == 3
    assert set(depths.values()) >= {0, 1, 2, 3}
    assert all(depth == 0 for name, depth in depths.items() if "embedding" in name)
    final = {name for name, depth in depths.items() if depth == 4}
    assert final == FINAL.get(kind, set())
    assert kind != "gpt2" or depths["wpe.weight"] == depths["wte.weight"] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_upper_layers_from_stored_states_give_what_the_whole_gives(
    kind: str, cut: int, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    encoder = load(tiny_bases(kind))
    with torch.no_grad():
        whole = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        (stored,) = states_at(encoder, [cut], IDS, MASK)
        upper = upper_layers(encoder, cut, stored)(input_ids=IDS, attention_mask=MASK).last_hidden_state
    torch.testing.assert_close(whole[MASK.bool()], upper[MASK.bool()])
    assert len(layer_stack(encoder)) == 3


def test_a_base_that_cannot_be_cut_says_so(tiny_bases: Callable[[str], BaseSettings]) -> None:
    encoder: Any = load(tiny_bases("bert"))
    assert cut_is_exact(encoder, 1, IDS, MASK)
    layers = layer_stack(encoder)
    seen: list[torch.Tensor] = []
    encoder.register_forward_pre_hook(lambda *_: seen.clear())
    layers[0].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    layers[-1].register_forward_hook(lambda _, __, states: states + seen.pop() if seen else states)
    assert not cut_is_exact(encoder, 1, IDS, MASK)


def test_linear_maps_of_attention_are_found_by_role(tiny_bases: Callable[[str], BaseSettings]) -> None:
    encoder = load(tiny_bases("bert"))
    assert len(linear_names(encoder, attention_only=True)) == 3 * 4  # query, key, value, output
    assert len(linear_names(encoder, attention_only=False)) == 3 * 6  # and two of the feed-forward part


def test_linear_maps_that_keep_their_weights_the_other_way_round_are_found(
    tiny_bases: Callable[[str], BaseSettings],
) -> None:
    """GPT-2's attention maps 32 features to queries, keys and values at once."""
    encoder = load(tiny_bases("gpt2"))
    names = linear_names(encoder, attention_only=False)
    assert [widths(encoder.get_submodule(name)) for name in names] == [(32, 96), (32, 32), (32, 64), (64, 32)] * 3
    assert are_transposed(encoder, names)
    assert not are_transposed(load(tiny_bases("llama")), linear_names(load(tiny_bases("llama")), attention_only=True))


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_under_causal_attention_a_token_sees_nothing_behind_it(
    kind: str, tiny_bases: Callable[[str], BaseSettings]
) -> None:
    """So right padding changes neither states nor positions of what stands before it."""
    encoder = load(tiny_bases(kind))
    with torch.no_grad():
        whole = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        short = encoder(input_ids=IDS[:, :3], attention_mask=MASK[:, :3]).last_hidden_state
    torch.testing.assert_close(whole[:, :3], short)


def test_mean_pooling_leaves_padding_out_and_has_length_root_d() -> None:
    hidden = torch.tensor([[[3.0, 0.0], [0.0, 4.0], [100.0, 100.0]]])
    pooled = mean_pool(hidden, torch.tensor([[1, 1, 0]]))
    # mean (1.5, 2.0) has length 2.5; scaled to length √2
    torch.testing.assert_close(pooled, torch.tensor([[1.5 / 2.5 * 2**0.5, 2.0 / 2.5 * 2**0.5]]))
