"""Learned keys and values stand before each text's own in every layer; the base is frozen."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.virtual import Virtual
from tasks.settings import settings


@settings
class Prefix(Virtual):
    """Prompts that reach every layer. Li & Liang 2021, arXiv 2101.00190, through PEFT's encoder of prefixes.

    They take positions of the base. Only bases whose code accepts past keys and values can be given any.
    """

    kind: Literal["prefix"] = "prefix"
    tokens: Annotated[int, Field(ge=1, le=512)] = 20
    """Learned keys and values a layer: more learns more; memory grows linearly."""
    width: Annotated[int, Field(ge=0, le=4096)] = 0
    """Of a network that makes them, as in the paper; 0: they learn directly. Predicting needs no network."""

    needs: ClassVar[tuple[str, ...]] = ("past keys and values",)

    @property
    def learning_rate(self) -> float:
        return 1e-2

    def reshape(self, encoder: Any) -> None:
        from peft import PrefixEncoder, PrefixTuningConfig

        from tasks.model.encoder import layer_stack
        from tasks.model.virtual_tokens import key_heads, prepend_keys_and_values

        heads, head_width = key_heads(encoder)

        config = PrefixTuningConfig(
            num_virtual_tokens=self.tokens,
            token_dim=heads * head_width,
            num_layers=len(layer_stack(encoder)),
            encoder_hidden_size=self.width,
            prefix_projection=self.width > 0,
        )
        prepend_keys_and_values(encoder, PrefixEncoder(config))

    def merge(self, encoder: Any) -> None:
        from tasks.model.virtual_tokens import fold_network

        fold_network(encoder)
