"""The base's layers: loaded from safetensors, found by their role, not by their names."""

import inspect
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from tasks.errors import SetupError

_WHAT_LOADING_RAISES = (AssertionError, KeyError, OSError, RuntimeError, SafetensorError, TypeError, ValueError)
"""RuntimeError: sizes that do not fit; AssertionError: a padding token beyond the table."""


def load_encoder(folder: Path, attention: str, *, with_weights: bool = True) -> nn.Module:
    """The base as transformers builds it, in float32, without a pooler (finetrace pools itself).

    `attention` is transformers' name ("eager" or "sdpa"); a base that knows only "eager" gets it. With
    `with_weights=False` the weights are left as initialised, to be put in by the caller. Raises SetupError if
    transformers cannot make sense of the base's config, or if it does not fit the weights.
    """
    from transformers import AutoConfig, AutoModel

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        config.use_cache = False  # decoders would keep keys and values for a next token that nobody asks for
        encoder = _build_with_attention(AutoModel, folder, config, attention, with_weights)
    except _WHAT_LOADING_RAISES as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise SetupError(
            f"{folder}: transformers cannot load this base ({first[:200]}). Mend its config.json, or take another."
        ) from None
    if getattr(encoder, "pooler", None) is not None:
        encoder.register_module("pooler", None)
    return encoder


def _build_with_attention(auto: Any, folder: Path, config: Any, attention: str, with_weights: bool) -> nn.Module:
    try:
        return _build(auto, folder, config, attention, with_weights)
    except ValueError as error:
        if attention == "eager" or "does not support" not in str(error):
            raise
        return _build(auto, folder, config, "eager", with_weights)


def _build(auto: Any, folder: Path, config: Any, attention: str, with_weights: bool) -> nn.Module:
    if not with_weights:
        return auto.from_config(config, attn_implementation=attention, dtype=torch.float32)
    return auto.from_pretrained(
        folder,
        config=config,
        attn_implementation=attention,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        dtype=torch.float32,
    )


def layer_stack(encoder: nn.Module) -> nn.ModuleList:
    """The list of transformer layers: the longest ModuleList whose members are of one class.

    Raises SetupError if there is none.
    """
    stacks = [
        module
        for module in encoder.modules()
        if isinstance(module, nn.ModuleList) and len(module) > 0 and len({type(layer) for layer in module}) == 1
    ]
    if not stacks:
        raise SetupError(f"{type(encoder).__name__} has no stack of layers; use another base.")
    return max(stacks, key=len)


def depth_of_parameters(encoder: nn.Module) -> dict[str, int]:
    """Each parameter's depth: 0 before the stack, 1 … L in its layers, L + 1 after it (final norms).

    Parameters that the stack shares but that are defined beside it (DeBERTa's relative positions) count as 0: they
    feed every layer.
    """
    stack = layer_stack(encoder)
    layer_of = {id(p): depth for depth, layer in enumerate(stack, start=1) for p in layer.parameters()}
    after_stack = False
    depths: dict[str, int] = {}
    for name, parameter in encoder.named_parameters():
        if id(parameter) in layer_of:
            depths[name] = layer_of[id(parameter)]
            after_stack = True
        else:
            is_final = after_stack and _is_top_level_norm(encoder, name)
            depths[name] = len(stack) + 1 if is_final else 0
    return depths


def _is_top_level_norm(encoder: nn.Module, parameter_name: str) -> bool:
    owner = parameter_name.split(".")[0]
    module = getattr(encoder, owner, None)
    return module is not None and not any(isinstance(each, nn.ModuleList) for each in module.modules())


def words_of(encoder: nn.Module) -> nn.Module | None:
    """The table that turns ids into vectors; None for the few bases that have none of a kind (CANINE)."""
    try:
        words: nn.Module = encoder.get_input_embeddings()  # type: ignore[operator]
    except NotImplementedError:  # how transformers says so
        return None
    return words


def embeddings_of(encoder: nn.Module) -> tuple[nn.Module, str]:
    """The module that turns ids into the stack's first hidden states, as (its parent, its name there).

    Raises SetupError if there is none.
    """
    words = words_of(encoder)
    stack = layer_stack(encoder)
    parent: nn.Module = encoder
    while True:
        for name, child in parent.named_children():
            members = set(child.modules())
            if words in members and stack in members:
                parent = child
                break
            if words in members:
                return parent, name
        else:
            raise SetupError(f"{type(encoder).__name__} has no embeddings before its layers; use another base.")


def tells_types(encoder: nn.Module) -> bool:
    """Whether the base has a vector for each of a pair's two texts, added to those of its tokens (as BERT has)."""
    takes = "token_type_ids" in inspect.signature(encoder.forward).parameters
    return takes and int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1


def encoder_inputs(
    encoder: nn.Module, input_ids: Tensor, attention_mask: Tensor, token_types: Tensor | None
) -> dict[str, Tensor]:
    """What the encoder is called with, (B, T) each: token types only if it is a pair's and the base tells them."""
    inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
    return inputs if token_types is None or not tells_types(encoder) else inputs | {"token_type_ids": token_types}


def linear_names(encoder: nn.Module, *, attention_only: bool) -> list[str]:
    """The full names of the linear maps in the encoder's layers, optionally only those inside an attention module.

    GPT-2's maps are linear too, but of a class of its own that keeps its weights the other way round.
    """
    from transformers.pytorch_utils import Conv1D

    layers = {id(module) for layer in layer_stack(encoder) for module in layer.modules()}
    return [
        name
        for name, module in encoder.named_modules()
        if isinstance(module, nn.Linear | Conv1D)
        and id(module) in layers
        and (not attention_only or "att" in name.lower())
    ]


def widths(linear: nn.Module) -> tuple[int, int]:
    """How many features go into a linear map and come out of it."""
    rows, columns = linear.weight.shape  # type: ignore[misc]
    return (int(columns), int(rows)) if isinstance(linear, nn.Linear) else (int(rows), int(columns))


def are_transposed(encoder: nn.Module, names: list[str]) -> bool:
    """Whether these linear maps keep their weights as (in, out), as GPT-2's do; PEFT must be told."""
    return any(not isinstance(encoder.get_submodule(name), nn.Linear) for name in names)
