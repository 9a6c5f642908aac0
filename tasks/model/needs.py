"""What strategies, penalties and monitors need of a base, and whether a base has it."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from torch import nn

from tasks.errors import SettingsError
from tasks.model.attention import gives_attention
from tasks.model.encoder import linear_names, words_of
from tasks.model.roles import attention_out_names, feed_forward_out_names, key_and_value_names, norm_names

CAPABILITIES: dict[str, Callable[[Any], bool]] = {
    "linear maps in its layers": lambda encoder: bool(linear_names(encoder, attention_only=False)),
    "separate maps to keys and values": lambda encoder: bool(key_and_value_names(encoder)),
    "linear maps that end attention": lambda encoder: bool(attention_out_names(encoder)),
    "linear maps that end the feed-forward part": lambda encoder: bool(feed_forward_out_names(encoder)),
    "normalisations": lambda encoder: bool(norm_names(encoder)),
    "biases": lambda encoder: any(name.endswith(".bias") for name, _ in encoder.named_parameters()),
    "a table of words": lambda encoder: isinstance(words_of(encoder), nn.Embedding),
    "vectors in place of ids": lambda encoder: _takes(encoder, "inputs_embeds"),
    "past keys and values": lambda encoder: _takes(encoder, "past_key_values"),
    "attention weights": lambda encoder: gives_attention(encoder),
}
"""What may be declared as `needs`, and how a base is asked for it."""


def require(encoder: nn.Module, chosen: str, needs: Iterable[str]) -> None:
    """Raise SettingsError, in one line, if the base lacks something that what is `chosen` ("key: kind") needs."""
    missing = [need for need in needs if not CAPABILITIES[need](encoder)]
    if missing:
        raise SettingsError(
            f"{chosen} needs {' and '.join(missing)}, and the base ({type(encoder).__name__}) "
            "has none. Choose something else there, or another base."
        )


def _takes(encoder: Any, argument: str) -> bool:
    return argument in inspect.signature(encoder.forward).parameters
