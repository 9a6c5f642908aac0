"""What penalties that move words share: the bound, the place they take, and when."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from tasks.finetune.penalties.base import Penalty, Term
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.penalties.moved_words import MovedWords
    from tasks.finetune.training import Pass, Training


@settings
class Adversarial(Penalty):
    """(1 − share) · loss + share · loss with the words moved; the words are moved as `attack` says."""

    epsilon: Annotated[float, Field(gt=0, le=1)] = 0.02
    """How far the words of a text may be moved, as a share of the length of all their vectors."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the loss that comes from the moved words; the rest is the text's own."""

    needs: ClassVar[tuple[str, ...]] = ("a table of words",)
    moves_words: ClassVar[bool] = True
    at_random: ClassVar[bool] = False
    """Whether the words are moved at random before the first pass."""

    @property
    def replaces(self) -> float:
        return self.share

    @property
    def held_passes(self) -> int:
        return 1

    def attack(self, words: "MovedWords") -> "Tensor":
        """Each row's loss (B,) with its words moved."""
        raise NotImplementedError

    def start(self, training: "Training") -> Term:
        from tasks.model.encoder import words_of

        return _Attacked(self, words_of(training.model.encoder))


class _Attacked(Term):
    def __init__(self, settings: Adversarial, table: Any) -> None:
        self._settings = settings
        self._table = table

    def on_rows(self, batch: "Pass") -> "Tensor":
        from tasks.finetune.penalties.moved_words import MovedWords

        words = MovedWords(batch, self._table, self._settings.epsilon, at_random=self._settings.at_random)
        return self._settings.share * (self._settings.attack(words) - batch.loss(batch.logits))
