"""Words are moved in several steps to where the loss is high."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from tasks.finetune.penalties.adversarial import Adversarial
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.penalties.moved_words import MovedWords


@settings
class Pgd(Adversarial):
    """The loss where steps up its gradient end, from a random start. Madry et al. 2018, arXiv 1706.06083, section 2.1.

    With Euclidean bounds; steps + 2 times the cost of a step. The paper learns from the moved inputs alone: share 1.
    """

    kind: Literal["pgd"] = "pgd"
    steps: Annotated[int, Field(ge=1, le=100)] = 3
    """Steps up the gradient; more finds worse words and costs a pass each."""
    step_size: Annotated[float, Field(gt=0, le=2)] = 0.5
    """Length of a step, as a share of the bound."""

    at_random: ClassVar[bool] = True

    @property
    def passes(self) -> int:
        return self.steps + 1

    def attack(self, words: "MovedWords") -> "Tensor":
        for _ in range(self.steps):
            words.climb(words.losses(last=False), step=self.step_size)
        return words.losses(last=True)
