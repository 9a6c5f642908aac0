"""The average of the weights of several trainings."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from tasks.finetune.post.members import Members
from tasks.settings import settings

if TYPE_CHECKING:
    from tasks.finetune.judge import Judge
    from tasks.finetune.parts import Combined, Part
    from tasks.finetune.settings import FinetuneSettings

Rank = tuple[float, float]


@settings
class Soup(Members):
    """Greedy: a member goes in if val is no worse with it, the best first. Wortsman et al. 2022, arXiv 2203.05482.

    As quick to predict as one model, and on val never worse than the best member. Members start from the same base.
    """

    kind: Literal["soup"] = "soup"

    @property
    def val_passes(self) -> int:
        return 2 * len(self.members) - 1

    def saved_as(self, trainings: "Sequence[FinetuneSettings]") -> Any:
        from tasks.finetune.post.averaging import averaged_strategy

        return averaged_strategy(self.kind, [each.strategy for each in trainings])

    def combine(self, parts: "Sequence[Part]", judge: "Judge") -> "Combined":
        from tasks.finetune.averages import mean_weights
        from tasks.finetune.parts import Combined, Scored, described, scored

        strategy = self.saved_as([part.settings for part in parts])
        weights = [judge.as_strategy(strategy, part.settings.strategy, part.weights) for part in parts]
        singles = [scored(judge, strategy, each) for each in weights]
        tried: dict[tuple[int, ...], Scored] = {(number,): single for number, single in enumerate(singles)}

        def rank_of(members: Sequence[int]) -> Rank:
            key = tuple(members)
            if key not in tried:
                tried[key] = scored(judge, strategy, mean_weights([weights[number] for number in key]))
            return tried[key].rank

        kept = greedy_members(len(parts), rank_of)
        best = tried[tuple(kept)]
        rows = [
            described(part, patch) | {"kept": number in kept} | single.scores
            for number, (part, patch, single) in enumerate(zip(parts, self.members, singles, strict=True))
        ]
        return Combined(
            models=[(strategy, best.weights)],
            logits=best.logits,
            best_part=kept[0],
            report={"kept": sorted(kept), "parts": rows, "result": best.scores},
        )


def greedy_members(count: int, rank_of: Callable[[Sequence[int]], Rank]) -> list[int]:
    """The members of the soup, in the order in which they went in: algorithm 1 of the paper.

    rank_of: some members → how good the mean of their weights is on val; more is better.
    """
    order = sorted(range(count), key=lambda number: rank_of([number]), reverse=True)
    kept = order[:1]
    for number in order[1:]:
        if rank_of([*kept, number]) >= rank_of(kept):
            kept.append(number)
    return kept
