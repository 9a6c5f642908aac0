"""A row is one text."""

from torch import Tensor

from tasks.model.encoder import mean_pool
from tasks.model.problems.base import Problem


class Texts(Problem):
    """The head sees the mean of the text's token states, special ones included."""

    kind = "texts"
    columns = ("text",)
    reads = "single texts"
    advice = "Leave the second texts out (the column pair, --pair)."

    def feature_width(self, hidden_width: int) -> int:
        return hidden_width

    def pool(self, states: Tensor, attention_mask: Tensor, segments: Tensor | None) -> Tensor:  # noqa: ARG002
        return mean_pool(states, attention_mask)
