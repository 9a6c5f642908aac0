"""Learned vectors before each text, and learned keys and values: given to the base through its own arguments."""

from typing import Any

import torch
from torch import Tensor, nn

from tasks.errors import SettingsError
from tasks.model.encoder import embeddings_of, layer_stack


def prepend_vectors(encoder: Any, maker: nn.Module) -> None:
    """Let `maker`, PEFT's encoder of prompts, put its vectors before each text's, in place.

    The base makes masks and positions of the longer rows itself; the states of the added tokens are cut off again, so
    that the output is (B, T, D) as ever and no pooling sees them.
    """
    count = _hold(encoder, maker)
    words = encoder.get_input_embeddings()

    def prepend(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        ids = kwargs["input_ids"]
        check_room(encoder, ids.shape[1])
        vectors = _made(encoder).unsqueeze(0).expand(len(ids), -1, -1)
        longer = torch.cat([vectors, words(ids)], dim=1)
        changed = {"input_ids": None, "inputs_embeds": longer, "attention_mask": _longer(kwargs, count)}
        if kwargs.get("token_type_ids") is not None:
            changed["token_type_ids"] = nn.functional.pad(kwargs["token_type_ids"], (count, 0))  # as the first text's
        return args, kwargs | changed

    def cut_off(_: Any, __: Any, output: Any) -> Any:
        output.last_hidden_state = output.last_hidden_state[:, count:]
        return output

    encoder.register_forward_pre_hook(prepend, with_kwargs=True)
    encoder.register_forward_hook(cut_off)


def prepend_keys_and_values(encoder: Any, maker: nn.Module) -> None:
    """Let `maker`, PEFT's encoder of prefixes, put keys and values before each layer's own, in place."""
    from transformers import DynamicCache

    count = _hold(encoder, maker)
    layers, (heads, width) = len(layer_stack(encoder)), key_heads(encoder)

    def prepend(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        ids = kwargs["input_ids"]
        check_room(encoder, ids.shape[1])
        made = _made(encoder).view(count, layers, 2, heads, width).permute(1, 2, 3, 0, 4)
        past = DynamicCache()
        for number, (keys, values) in enumerate(made):
            past.update(keys.expand(len(ids), -1, -1, -1), values.expand(len(ids), -1, -1, -1), number)
        return args, kwargs | {"past_key_values": past, "attention_mask": _longer(kwargs, count)}

    encoder.register_forward_pre_hook(prepend, with_kwargs=True)


def key_heads(encoder: Any) -> tuple[int, int]:
    """How many heads of keys and values a layer has, which may be fewer than those of queries; and their width."""
    config = encoder.config
    queries = int(config.num_attention_heads)
    width = getattr(config, "head_dim", None) or config.hidden_size // queries
    return int(getattr(config, "num_key_value_heads", None) or queries), int(width)


def check_room(encoder: Any, longest: int) -> None:
    """Raise SettingsError if texts of `longest` tokens and the virtual ones are more than the base has positions."""
    places = _positions(encoder)
    count = _holder(encoder).virtual_tokens.embedding.num_embeddings
    if places is not None and longest + count > places:
        raise SettingsError(
            f"finetune.strategy.tokens: {count}, but the base has {places} positions and texts take {longest} of them. "
            "Lower it, or base.max_tokens."
        )


@torch.no_grad()
def fold_network(encoder: Any) -> None:
    """Replace the network that makes the vectors by the vectors, in place."""
    made = _made(encoder)
    holder = _holder(encoder)
    holder.virtual_tokens = nn.Module()
    holder.virtual_tokens.embedding = nn.Embedding.from_pretrained(made)


def _hold(encoder: Any, maker: nn.Module) -> int:
    """Register `maker` inside the embeddings, which makes its depth 0; returns how many tokens it makes."""
    owner, name = embeddings_of(encoder)
    getattr(owner, name).virtual_tokens = maker
    count: int = maker.embedding.num_embeddings  # type: ignore[union-attr,assignment]
    return count


def _holder(encoder: Any) -> Any:
    owner, name = embeddings_of(encoder)
    return getattr(owner, name)


def _made(encoder: Any) -> Tensor:
    """What the maker makes of its tokens, (tokens, width)."""
    maker = _holder(encoder).virtual_tokens
    table = maker.embedding
    numbers = torch.arange(table.num_embeddings, device=table.weight.device)
    made: Tensor = table(numbers) if type(maker) is nn.Module else maker(numbers)
    return made


def _longer(kwargs: dict[str, Any], count: int) -> Tensor:
    mask: Tensor = kwargs["attention_mask"]
    return torch.cat([mask.new_ones(len(mask), count), mask], dim=1)


def _positions(encoder: Any) -> int | None:
    """How many positions the base has a learned vector for; None where positions are relative or rotated."""
    known = getattr(encoder.config, "max_position_embeddings", None)
    holder = _holder(encoder)
    others = {id(encoder.get_input_embeddings()), id(holder.virtual_tokens.embedding)}
    owner, _ = embeddings_of(encoder)  # GPT-2 keeps its positions beside its words
    for module in [*holder.modules(), *owner.children()]:
        if isinstance(module, nn.Embedding) and module.num_embeddings == known and id(module) not in others:
            return known - (0 if module.padding_idx is None else module.padding_idx + 1)
    return None
