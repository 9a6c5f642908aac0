"""Words are moved once, straight up the gradient."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasks.finetune.penalties.adversarial import Adversarial
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.penalties.moved_words import MovedWords


@settings
class Fgm(Adversarial):
    """The loss with the words moved by epsilon along its gradient. Miyato et al. 2017, arXiv 1605.07725, eq. 5.

    Three times the cost of a step. The paper sums both losses; a share of one half, so that rates mean the same.
    """

    kind: Literal["fgm"] = "fgm"
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the loss that comes from the moved words; the rest is the text's own."""

    @property
    def passes(self) -> int:
        return 2

    def attack(self, words: "MovedWords") -> "Tensor":
        words.climb(words.losses(last=False), step=1.0)
        return words.losses(last=True)
