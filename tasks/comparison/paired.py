"""Answers to the same rows with the same seeds → scores, differences, and whether they could be chance"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.scoring.bootstrap import Draws, bootstrap
from tasks.targets import Target

RESAMPLES = 4000
"""So many, that p-values below 0.001 can be told."""


@dataclass(frozen=True)
class Answered:
    """What a candidate answered to the N val rows with S seeds, in the form that tables keep.

    truth: (N,); answers: (S, N); classes: of each seed's model.
    """

    target: Target
    truth: Sequence[str]
    answers: Sequence[Sequence[str]]
    classes: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Measured:
    """A score, the mean over seeds. by_seed: (S,); samples: (R,) of the bootstrap over rows and seeds."""

    value: float
    by_seed: np.ndarray
    samples: np.ndarray


@dataclass(frozen=True)
class Difference:
    """One score minus another, its interval, and how likely chance alone gives so much. Not yet corrected."""

    value: float
    low: float
    high: float
    p: float


def measure(candidate: Answered, draws: Draws) -> dict[str, Measured]:
    """Each metric of the target that answers alone can tell, in the target's order.

    A statistic that has no value, such as the correlation with answers that are all the same, counts as 0.

    Rows and seeds are drawn independently, both with replacement, and alike for every candidate: row n and seed s stand
    for the same text and the same order of rows everywhere, so that differences of samples are paired.
    """
    rows = len(candidate.truth)
    seeds = seed_weights(len(candidate.answers), draws)
    plain: list[dict[str, np.ndarray]] = []
    drawn: list[dict[str, np.ndarray]] = []
    for answers, classes in zip(candidate.answers, candidate.classes, strict=True):
        statistics = candidate.target.score(candidate.truth, answers, classes).statistics
        plain.append(statistics(np.ones((1, rows))))
        drawn.append(bootstrap(statistics, rows, draws))
    measured = {}
    for name in (each for each in candidate.target.metrics if each in plain[0]):
        by_seed = np.nan_to_num(np.array([float(each[name][0]) for each in plain]))
        samples = np.nan_to_num(np.stack([each[name] for each in drawn], axis=1))
        measured[name] = Measured(float(np.mean(by_seed)), by_seed, (seeds * samples).sum(axis=1))
    return measured


def seed_weights(seeds: int, draws: Draws) -> np.ndarray:
    """Each seed's weight in each resample, (R, S), rows adding up to 1. One seed always counts whole."""
    generator = np.random.default_rng([draws.seed, seeds])
    return generator.multinomial(seeds, [1 / seeds] * seeds, size=draws.resamples) / seeds


def differ(one: Measured, other: Measured, draws: Draws) -> Difference:
    """`one` minus `other`.

    p is two-sided: twice the smaller share of resamples on either side of zero, none of them counted as 0
    (Davison & Hinkley 1997, §4.2, (r + 1) / (R + 1)).
    """
    samples = one.samples - other.samples
    low, high = draws.interval(samples)
    least = min(int((samples <= 0).sum()), int((samples >= 0).sum()))
    return Difference(one.value - other.value, low, high, min(1.0, 2 * (least + 1) / (len(samples) + 1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values as they count when there are several: Holm 1979, Scand. J. Statist. 6, 65 to 70.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none is below one before it, none above 1.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def against_best(
    scores: Mapping[str, Measured], draws: Draws, *, lower_is_better: bool = False
) -> tuple[str, dict[str, tuple[Difference, float]]]:
    """The best candidate, and of each other one the best's lead over it, never below 0, with its corrected p."""
    best = (min if lower_is_better else max)(scores, key=lambda name: scores[name].value)
    others = [name for name in scores if name != best]
    pairs = [(scores[name], scores[best]) if lower_is_better else (scores[best], scores[name]) for name in others]
    leads = [differ(one, other, draws) for one, other in pairs]
    corrected = holm([lead.p for lead in leads])
    return best, {name: (lead, p) for name, lead, p in zip(others, leads, corrected, strict=True)}
