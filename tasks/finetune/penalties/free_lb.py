"""Words are moved in several steps, and every one of them is learned from."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from tasks.finetune.penalties.adversarial import Adversarial
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.penalties.moved_words import MovedWords


@settings
class FreeLb(Adversarial):
    """The mean loss over steps up its gradient, from a random start. Zhu et al. 2020, arXiv 1909.11764, algorithm 1.

    steps + 1 times the cost of a step, and of its memory: all passes are kept until the step's one backward pass.
    """

    kind: Literal["free_lb"] = "free_lb"
    steps: Annotated[int, Field(ge=2, le=100)] = 3
    """Over how many places of the words the mean is taken: a pass each."""
    step_size: Annotated[float, Field(gt=0, le=2)] = 0.5
    """Length of a step, as a share of the bound."""

    at_random: ClassVar[bool] = True

    @property
    def passes(self) -> int:
        return self.steps

    @property
    def held_passes(self) -> int:
        return self.steps

    def attack(self, words: "MovedWords") -> "Tensor":
        losses = []
        for left in reversed(range(self.steps)):
            losses.append(words.losses(last=left == 0))
            if left:
                words.climb(losses[-1], step=self.step_size, keep=True)
        mean: Tensor = sum(losses[1:], start=losses[0]) / self.steps
        return mean
