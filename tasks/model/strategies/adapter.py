"""Small bottleneck layers after attention and after the feed-forward part; the base is frozen."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class Adapter(Strategy):
    """Robust with middling data, adds a little to every prediction: a nonlinear layer cannot be merged.

    Houlsby et al. 2019, arXiv 1902.00751 (after both); Pfeiffer et al. 2020, arXiv 2005.00247 (after feed_forward).
    """

    kind: Literal["adapter"] = "adapter"
    width: Annotated[int, Field(ge=1, le=4096)] = 32
    """Of the bottleneck: more learns more; memory grows linearly."""
    after: Literal["both", "attention", "feed_forward"] = "both"
    """Behind which part of a layer one stands."""
    activation: Literal["gelu", "relu"] = "gelu"
    """Between the way down and the way up."""
    layers: Annotated[int, Field(ge=0)] = 0
    """How many layers get adapters, counted from the top; 0: all."""

    needs: ClassVar[tuple[str, ...]] = ("linear maps that end attention", "linear maps that end the feed-forward part")

    @property
    def learning_rate(self) -> float:
        return 1e-3

    def reshape(self, encoder: Any) -> None:
        from tasks.model.bottleneck import put_behind
        from tasks.model.roles import attention_out_names, feed_forward_out_names

        places = {"attention": attention_out_names(encoder), "feed_forward": feed_forward_out_names(encoder)}
        for part, names in places.items():
            if self.after in ("both", part):
                for name in names[-self.layers :]:
                    put_behind(encoder.get_submodule(name), self.width, self.activation)

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        return ".bottleneck." in name
