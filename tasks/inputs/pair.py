"""A row is a pair of texts: premise and hypothesis, question and answer."""

from typing import TYPE_CHECKING, Literal

from tasks.inputs.base import Input
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

FIRST, SECOND = 1, 2
"""A token's segment: which text it is of; special tokens are of neither (0)."""


@settings
class PairInput(Input):
    """The base reads both texts at once; the head sees the mean of each, u and v, and how they differ, |u-v| and u∘v.

    Mou et al. 2016, arXiv 1512.08422, §3.2, and Conneau et al. 2017, arXiv 1705.02364, §3.1, of texts read apart.
    Frozen states tell far more so than by one mean over both texts: see DECISIONS.md.
    """

    kind: Literal["pair"] = "pair"

    columns = ("text", "pair")
    reads = "pairs of texts"
    advice = "Give each text its second one (the column pair, --pair)."

    def feature_width(self, hidden_width: int) -> int:
        return 4 * hidden_width

    def pool(self, states: "Tensor", attention_mask: "Tensor", segments: "Tensor | None") -> "Tensor":  # noqa: ARG002
        import torch
        from torch import nn

        from tasks.inputs.pooling import mean_pool

        assert segments is not None  # token_ids gives them to all pairs
        first, second = (mean_pool(states, segments == each) for each in (FIRST, SECOND))
        features = torch.cat([first, second, (first - second).abs(), first * second], dim=-1)
        return nn.functional.normalize(features, dim=-1) * features.shape[-1] ** 0.5
