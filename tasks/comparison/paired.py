"""Guesses on the same rows with the same seeds → scores, differences, and whether they could be chance"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.scoring.bootstrap import Draws, bootstrap
from tasks.scoring.classification import Scored, headline_statistics

METRICS = ("macro_f1", "accuracy")
RESAMPLES = 4000
"""So many, that p-values below 0.001 can be told."""


@dataclass(frozen=True)
class Guesses:
    """What a candidate said on the val rows. truth: (N,), guesses: (S, N), label numbers, a row of guesses a seed."""

    truth: np.ndarray
    guesses: np.ndarray
    label_count: int


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


def measure(candidate: Guesses, draws: Draws) -> dict[str, Measured]:
    """Each metric of METRICS.

    Rows and seeds are drawn independently, both with replacement, and alike for every candidate: row n and seed s stand
    for the same text and the same order of rows everywhere, so that differences of samples are paired.
    """
    rows = candidate.guesses.shape[1]
    seeds = seed_weights(len(candidate.guesses), draws)
    plain: dict[str, list[float]] = {name: [] for name in METRICS}
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in METRICS}
    for guess in candidate.guesses:
        statistics = headline_statistics(Scored(candidate.truth, guess, candidate.label_count))
        whole, samples = statistics(np.ones((1, rows))), bootstrap(statistics, rows, draws)
        for name in METRICS:
            plain[name].append(float(whole[name][0]))
            drawn[name].append(samples[name])
    return {
        name: Measured(
            float(np.mean(plain[name])), np.array(plain[name]), (seeds * np.stack(drawn[name], axis=1)).sum(axis=1)
        )
        for name in METRICS
    }


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


def against_best(scores: Mapping[str, Measured], draws: Draws) -> tuple[str, dict[str, tuple[Difference, float]]]:
    """The best candidate, and of each other one the best's lead over it with its corrected p."""
    best = max(scores, key=lambda name: scores[name].value)
    others = [name for name in scores if name != best]
    leads = [differ(scores[best], scores[name], draws) for name in others]
    corrected = holm([lead.p for lead in leads])
    return best, {name: (lead, p) for name, lead, p in zip(others, leads, corrected, strict=True)}
