"""Scores, differences and costs → who is taken, and why, in words"""

from collections.abc import Mapping
from dataclasses import dataclass

ALPHA = 0.05
"""A difference is shown if its corrected p is below."""


@dataclass(frozen=True)
class Standing:
    """A candidate's score, its cost in CPU-seconds, and the corrected p of the best one's lead (None: it leads)."""

    score: float
    cost: float
    p: float | None
    lower_is_better: bool = False
    """Whether a low score is a good one."""

    @property
    def merit(self) -> float:
        """The score, so turned that higher is better."""
        return -self.score if self.lower_is_better else self.score

    @property
    def is_shown_worse(self) -> bool:
        """Whether chance hardly explains its distance to the best."""
        return self.p is not None and self.p < ALPHA


def pick(standings: Mapping[str, Standing]) -> str:
    """The cheapest of those not shown worse than the best; of equally cheap ones, the better."""
    even = {name: each for name, each in standings.items() if not each.is_shown_worse}
    return min(even, key=lambda name: (even[name].cost, -even[name].merit, name))


def verdict_words(standings: Mapping[str, Standing], metric: str, seeds: int) -> str:
    """The verdict for people; says so where no difference is shown. metric: its title."""
    ranked = sorted(standings, key=lambda name: -standings[name].merit)
    best, winner = ranked[0], pick(standings)
    even = [name for name in ranked if not standings[name].is_shown_worse]
    worse = [name for name in ranked if standings[name].is_shown_worse]
    said = [_first(standings, ranked, even, metric)]
    if len(even) > 1 and winner != best:
        share = standings[winner].cost / standings[best].cost if standings[best].cost else 1.0
        said.append(f"Take {winner}: of those not shown worse it is the cheapest, at {share:.2f} of {best}'s CPU time.")
    elif len(even) > 1:
        alone = all(standings[name].cost > standings[best].cost for name in even if name != best)
        said.append(f"Take {best}: {'it is also the cheapest of them' if alone else 'none of them is cheaper'}.")
    if worse and len(even) > 1:
        said.append(f"Shown worse: {', '.join(worse)}.")
    if seeds == 1:
        said.append("One seed each: how much the seed matters is not in the intervals.")
    return " ".join(said)


def _first(standings: Mapping[str, Standing], ranked: list[str], even: list[str], metric: str) -> str:
    best = ranked[0]
    top = "lowest" if standings[best].lower_is_better else "highest"
    score = f"{metric} {standings[best].score:.3f} on val"
    if len(ranked) == 1:
        return f"Only {best} was trained to the end ({score}): there is nothing to compare it with."
    if len(even) == 1:
        return f"{best} is the best ({score}), and shown better than {_listed(ranked[1:])}."
    if len(even) == len(ranked):
        return f"No difference shown between {_listed(even)}; the {top} is {best} ({score})."
    return f"{best} has the {top} {score}, but no difference is shown to {_listed(even[1:])}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
