"""Between the start and the fine-tuned weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from tasks.finetune.post.base import Post
from tasks.settings import settings

if TYPE_CHECKING:
    from tasks.finetune.judge import Judge
    from tasks.finetune.parts import Combined, Part
    from tasks.finetune.settings import FinetuneSettings


@settings
class WiseFt(Post):
    """θ = (1 − α) θ_start + α θ_fine-tuned, the α that is best on val. Wortsman et al. 2021, arXiv 2109.01903.

    The start is the base with the head of class prototypes, which answers before anything has learned.
    """

    kind: Literal["wise_ft"] = "wise_ft"
    points: Annotated[int, Field(ge=2, le=1001)] = 11
    """So many α from 0 to 1, evenly apart, are tried on val."""

    keeps_first: ClassVar[bool] = True

    @property
    def alphas(self) -> list[float]:
        """From 0, the start, to 1, the fine-tuned weights."""
        return [number / (self.points - 1) for number in range(self.points)]

    @property
    def val_passes(self) -> int:
        return self.points

    def saved_as(self, trainings: "Sequence[FinetuneSettings]") -> Any:
        from tasks.finetune.post.averaging import averaged_strategy

        return averaged_strategy(self.kind, [each.strategy for each in trainings])

    def combine(self, parts: "Sequence[Part]", judge: "Judge") -> "Combined":
        from tasks.finetune.averages import interpolate
        from tasks.finetune.parts import Combined, Scored, scored

        (part,) = parts
        strategy = self.saved_as([part.settings])
        first, tuned = (
            judge.as_strategy(strategy, part.settings.strategy, each) for each in (part.first, part.weights)
        )
        curve: list[dict[str, float]] = []
        best: tuple[float, Scored] | None = None
        for alpha in self.alphas:
            tried = scored(judge, strategy, interpolate(first, tuned, alpha))
            curve.append({"alpha": alpha} | tried.scores)
            best = (alpha, tried) if best is None or tried.rank > best[1].rank else best
        assert best is not None
        alpha, found = best
        ends = zip(("start, α = 0", "fine-tuned, α = 1"), (curve[0], curve[-1]), strict=True)
        rows = [{"name": name, "strategy": part.settings.strategy.kind, **each} for name, each in ends]
        return Combined(
            models=[(strategy, found.weights)],
            logits=found.logits,
            best_part=0,
            report={"alpha": alpha, "parts": rows, "result": found.scores, "curve": curve},
        )
