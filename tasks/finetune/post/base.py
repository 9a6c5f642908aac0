"""What every step after training is: which trainings it needs, and what it makes of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tasks.settings import settings

if TYPE_CHECKING:
    from tasks.finetune.judge import Judge
    from tasks.finetune.parts import Combined, Part
    from tasks.finetune.settings import FinetuneSettings


@settings
class Post:
    """A base for steps that make one model of finished trainings."""

    keeps_first: ClassVar[bool] = False
    """Whether each part's weights before its first step are kept."""

    def trainings(self, finetune: "FinetuneSettings") -> list["FinetuneSettings"]:
        """The settings of each training, without this step. Raises SettingsError if they make no sense together."""
        from dataclasses import replace

        from tasks.finetune.post.none import NoPost

        return [replace(finetune, post=NoPost())]  # type: ignore[type-var]

    def saved_as(self, trainings: Sequence["FinetuneSettings"]) -> Any:
        """The strategy that the one model is saved as; None: an ensemble of models.

        Raises SettingsError if the step cannot be done with these strategies.
        """
        return trainings[0].strategy

    @property
    def val_passes(self) -> int:
        """At most so many models are scored on val."""
        return 0

    def combine(self, parts: "Sequence[Part]", judge: "Judge") -> "Combined":
        """The one model, and the val scores of all that was tried."""
        raise NotImplementedError
