"""A row is one text."""

from typing import TYPE_CHECKING, Literal

from tasks.inputs.base import Input
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor


@settings
class TextInput(Input):
    """The head sees the mean of the text's token states, special ones included."""

    kind: Literal["text"] = "text"

    columns = ("text",)
    reads = "single texts"
    advice = "Leave the second texts out (the column pair, --pair)."

    def feature_width(self, hidden_width: int) -> int:
        return hidden_width

    def pool(self, states: "Tensor", attention_mask: "Tensor", segments: "Tensor | None") -> "Tensor":  # noqa: ARG002
        from tasks.inputs.pooling import mean_pool

        return mean_pool(states, attention_mask)
