"""Several models that answer together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from tasks.finetune.post.members import Members
from tasks.settings import settings

if TYPE_CHECKING:
    from tasks.finetune.judge import Judge
    from tasks.finetune.parts import Combined, Part
    from tasks.finetune.settings import FinetuneSettings


@settings
class Ensemble(Members):
    """The mean of the members' probabilities, of any strategies. Lakshminarayanan et al. 2016, arXiv 1612.01474, eq. 2.

    Predicting and the model on disk cost as much as all members. Probabilities and not logits are averaged: those of
    other strategies have other scales, and the largest would outvote all others.
    """

    kind: Literal["ensemble"] = "ensemble"

    @property
    def val_passes(self) -> int:
        return len(self.members)

    def saved_as(self, trainings: "Sequence[FinetuneSettings]") -> Any:  # noqa: ARG002
        return None

    def combine(self, parts: "Sequence[Part]", judge: "Judge") -> "Combined":
        from tasks.finetune.parts import Combined, described, scored

        singles = [scored(judge, part.settings.strategy, part.weights) for part in parts]
        logits = judge.target.mean_outputs([each.logits for each in singles])
        rows = [
            described(part, patch) | single.scores
            for part, patch, single in zip(parts, self.members, singles, strict=True)
        ]
        return Combined(
            models=[(part.settings.strategy, part.weights) for part in parts],
            logits=logits,
            best_part=max(range(len(parts)), key=lambda number: singles[number].rank),
            report={"parts": rows, "result": judge.scores(logits)},
        )
