"""Two models on the same rows: how much better is one, and could that be an accident?"""

from dataclasses import dataclass

import numpy as np

from tasks.scoring.bootstrap import CELLS, Draws, Scores, bootstrap
from tasks.targets import Target


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another on the same rows, with its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def paired_difference(target: Target, ours: Scores, theirs: Scores, draws: Draws) -> Difference:
    """How much better `ours` is by the target's verdict metric, with its paired percentile bootstrap interval.

    Both are scores of the same N rows, and are drawn together.
    """
    if target.verdict_is_share:
        return share_difference(ours.scores > 0, theirs.scores > 0, draws)
    sign = -1.0 if target.verdict in target.lower_is_better else 1.0

    def gain(weights: np.ndarray) -> dict[str, np.ndarray]:
        one, other = (each.statistics(weights)[target.verdict] for each in (ours, theirs))
        return {"gain": sign * (one - other)}

    rows = len(ours.scores)
    if rows == 0 or rows != len(theirs.scores):
        raise ValueError(f"{rows} and {len(theirs.scores)} rows cannot be paired")
    low, high = draws.interval(bootstrap(gain, rows, draws)["gain"])
    return Difference(float(gain(np.ones((1, rows)))["gain"][0]), low, high)


def share_difference(ours: np.ndarray, theirs: np.ndarray, draws: Draws) -> Difference:
    """The same where the metric is the share of rows that are right.

    ours, theirs: (N,) bool, right or wrong on the same rows. A row's difference is -1, 0 or 1, so that resampling rows
    is drawing the three counts from a multinomial: exact, and no (resamples × N) array.
    Efron & Tibshirani 1993, ch. 13.
    """
    if len(ours) == 0 or len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} rows cannot be paired")
    rows = len(ours)
    won, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    shares = [won / rows, lost / rows, (rows - won - lost) / rows]
    counts = np.random.default_rng(draws.seed).multinomial(rows, shares, size=draws.resamples)
    low, high = draws.interval((counts[:, 0] - counts[:, 1]) / rows)
    return Difference((won - lost) / rows, low, high)


def chance_of_falling_behind(ours: np.ndarray, theirs: np.ndarray, *, level: float, seed: int) -> float:
    """How likely equal models fall behind by at least as much as `ours` does, in the mean of n rows' scores, (n,) each.

    One-sided sign-flip test: were the two equal, each row's difference could as well have the other sign (Fisher 1935,
    The Design of Experiments, §21; Noreen 1989 for scores of texts). Exact where all scores are 0 or 1: it is then
    McNemar's test. Else by so many random flips that p-values well below `level` can be told, (r + 1) / (R + 1) as in
    Davison & Hinkley 1997, §4.3.
    """
    if not (np.isin(ours, (0, 1)).all() and np.isin(theirs, (0, 1)).all()):
        return _flipped(
            np.abs(ours - theirs), float((ours - theirs).sum()), flips=int(min(20 / level, 200_000)), seed=seed
        )
    return chance_of_losing(int((ours > theirs).sum()), int((ours < theirs).sum()))


def _flipped(sizes: np.ndarray, total: float, *, flips: int, seed: int) -> float:
    """The share of random signs that give at most the total, this one included. sizes: (n,) differences, unsigned."""
    sizes = sizes[sizes > 0]
    generator, at_most = np.random.default_rng(seed), 0
    block = max(1, CELLS // max(1, len(sizes)))
    for start in range(0, flips, block):
        signs = generator.integers(0, 2, size=(min(block, flips - start), len(sizes)), dtype=np.int8) * 2 - 1
        at_most += int((signs @ sizes <= total + 1e-9).sum())
    return (at_most + 1) / (flips + 1)


def chance_of_losing(won: int, lost: int) -> float:
    """How likely equal models lose at least so many of the rows on which they differ.

    One-sided exact McNemar test: P(X ≥ lost), X ~ Binomial(won + lost, 1/2). McNemar 1947; exact form as in Agresti,
    Categorical Data Analysis, §11.1.
    """
    differing = won + lost
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, differing + 1)))])  # log k! for k = 0 … n
    k = np.arange(lost, differing + 1)
    terms = logs[differing] - logs[k] - logs[differing - k] - differing * np.log(2)
    return float(min(1.0, np.exp(terms).sum()))
