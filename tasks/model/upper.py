"""The layers from a cut on, run from stored states: what is below the cut needs computing only once."""

import copy
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

from tasks.model.encoder import embeddings_of, encoder_inputs, layer_stack, words_of


class _Stored(nn.Module):
    """Stands in for the embeddings, which need not be computed."""

    def __init__(self, states: Tensor) -> None:
        super().__init__()
        self.states = states

    def forward(self, *_: Any, **__: Any) -> Tensor:
        return self.states


def upper_layers(encoder: nn.Module, cut: int, hidden: Tensor) -> nn.Module:
    """The encoder with its first `cut` layers left out and `hidden` (B, T, D) in place of what they would give.

    It shares every remaining module with `encoder`; masks and positions are still made by the base's own code, which
    is why this works for any architecture whose layers do not depend on their number. `cut_is_exact` tells.
    """
    stack = layer_stack(encoder)
    owner, name = embeddings_of(encoder)
    first, *others = stack[cut:]
    width = getattr(words_of(encoder), "embedding_dim", hidden.shape[-1])  # ELECTRA's is not that of its layers
    stand_in = _Stored(hidden if width == hidden.shape[-1] else hidden.new_zeros(()).expand(*hidden.shape[:2], width))
    replacements = {id(stack): nn.ModuleList([_given(first, hidden), *others]), id(getattr(owner, name)): stand_in}
    return _with_replaced(encoder, replacements)


def _given(layer: nn.Module, hidden: Tensor) -> nn.Module:
    """A shallow copy of a layer, run on `hidden` whatever the base does to its embeddings (GPT-2 adds positions)."""
    twin = copy.copy(layer)
    for hooks in ("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs"):
        twin.__dict__[hooks] = copy.copy(layer.__dict__[hooks])

    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return ((hidden, *args[1:]), kwargs) if args else (args, kwargs | {"hidden_states": hidden})

    twin.register_forward_pre_hook(enter, with_kwargs=True)
    return twin


@torch.no_grad()
def cut_is_exact(
    encoder: nn.Module, cut: int, input_ids: Tensor, attention_mask: Tensor, token_types: Tensor | None = None
) -> bool:
    """Whether running the upper layers from stored states gives what the whole encoder gives, on one batch."""
    encoder.eval()
    inputs = encoder_inputs(encoder, input_ids, attention_mask, token_types)
    whole = encoder(**inputs).last_hidden_state
    (stored,) = states_at(encoder, [cut], input_ids, attention_mask, token_types)
    try:
        again = upper_layers(encoder, cut, stored)(**inputs).last_hidden_state
    except RuntimeError:  # the base does something else with its embeddings
        return False
    mask = attention_mask.bool()
    return bool(torch.allclose(whole[mask], again[mask], atol=1e-4, rtol=1e-3))


@torch.no_grad()
def states_at(
    encoder: nn.Module,
    cuts: Sequence[int],
    input_ids: Tensor,
    attention_mask: Tensor,
    token_types: Tensor | None = None,
) -> list[Tensor]:
    """The states (B, T, D) that enter each of the layers `cuts` (0-based); the layers above the highest are not run."""
    stack = layer_stack(encoder)
    highest = max(cuts)
    caught: dict[int, Tensor] = {}

    def catch(cut: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        caught[cut] = args[0] if args else kwargs["hidden_states"]
        if cut == highest:
            raise _StopForwardError

    handles = [
        stack[cut].register_forward_pre_hook(
            lambda _, args, kwargs, cut=cut: catch(cut, args, kwargs), with_kwargs=True
        )
        for cut in set(cuts)
    ]
    try:
        with suppress(_StopForwardError):
            encoder(**encoder_inputs(encoder, input_ids, attention_mask, token_types))
    finally:
        for handle in handles:
            handle.remove()
    return [caught[cut] for cut in cuts]


class _StopForwardError(Exception):
    """Raised inside a forward pass once the states are in hand."""


def _with_replaced(module: nn.Module, replacements: dict[int, nn.Module]) -> nn.Module:
    """A shallow copy of `module` in which the named submodules are replaced; everything else is shared."""
    if id(module) in replacements:
        return replacements[id(module)]
    inside = {id(each) for each in module.modules()}
    if not inside & replacements.keys():
        return module
    twin = copy.copy(module)
    twin.__dict__["_modules"] = {
        name: child if child is None else _with_replaced(child, replacements) for name, child in module._modules.items()
    }
    return twin
