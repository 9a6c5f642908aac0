"""Learned factors on keys, values and what enters the feed-forward part's second map."""

from typing import Any, ClassVar, Literal

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Ia3(Strategy):
    """Some thousand parameters, made for few rows; mergeable. Liu et al. 2022, arXiv 2205.05638, through PEFT."""

    kind: Literal["ia3"] = "ia3"
    feed_forward: bool = True
    """Factors in the feed-forward part too, as in the paper; false: on keys and values alone."""

    needs: ClassVar[tuple[str, ...]] = (
        "separate maps to keys and values",
        "linear maps that end the feed-forward part",
    )
    learns_in: ClassVar[Literal["own", "merged", "added"]] = "merged"

    @property
    def learning_rate(self) -> float:
        return 1e-2

    def reshape(self, encoder: Any) -> None:
        from peft import IA3Config, inject_adapter_in_model

        from tasks.model.encoder import are_transposed
        from tasks.model.roles import feed_forward_out_names, key_and_value_names

        ends = feed_forward_out_names(encoder) if self.feed_forward else []
        names = [*key_and_value_names(encoder), *ends]
        transposed = are_transposed(encoder, names)
        config = IA3Config(target_modules=names, feedforward_modules=ends, fan_in_fan_out=transposed)
        inject_adapter_in_model(config, encoder)

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".ia3_l." in name

    def merge(self, encoder: Any) -> None:
        from peft.tuners.ia3 import IA3Layer

        from tasks.model.tuners import fold

        fold(encoder, IA3Layer)
