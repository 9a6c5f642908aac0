"""When a model says "none of these": a bound on its confidence, fitted on held-out rows."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from tasks.settings import settings

ABSTAINED = ""
"""The answer of a model that does not answer: no row carries an empty label."""
POINTS = 20


@settings
class Abstain:
    """When a model says "none of these": where its confidence is below a bound that is fitted on val."""

    by: Literal["confidence", "precision", "coverage", "conformal"] = "precision"
    """What `level` means: the bound itself; the share of answers that must be right on val; the share of val rows that
    are answered; or the coverage of conformal sets, of which only those of one label are answered."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """A share between 0 and 1, see `by`."""


def min_confidence(abstain: Abstain, confidence: np.ndarray, right: np.ndarray, given: np.ndarray) -> float:
    """The confidence below which the model does not answer, from N held-out rows.

    precision: the lowest bound at which the share of right answers reaches the level, taking as many rows as can be
    (El-Yaniv & Wiener 2010, the risk–coverage trade-off); above every confidence where no bound does. coverage: the
    level's share of rows is answered. conformal: split conformal sets (Vovk et al. 2005) hold every label at least as
    probable as 1 - q, q the ⌈(N+1)·level⌉-th smallest 1 - p(true); a set of one label has a top above and a second
    below that, so that no answer is given below max(1 - q, q): then no other label fits in. `given`: p(true).
    """
    order = np.argsort(-confidence, kind="stable")
    if abstain.by == "confidence":
        return abstain.level
    if abstain.by == "coverage":
        answered = max(1, int(np.ceil(abstain.level * len(order))))
        return float(confidence[order[answered - 1]])
    if abstain.by == "precision":
        shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
        is_last = np.append(confidence[order][1:] < confidence[order][:-1], True)  # ties are answered together
        enough = np.flatnonzero((shares >= abstain.level) & is_last)
        return float(confidence[order[enough[-1]]]) if len(enough) else 1.01
    rank = min(len(given), int(np.ceil((len(given) + 1) * abstain.level)))
    q = float(np.sort(1 - given)[rank - 1])
    return max(1 - q, q)


def risk_coverage(confidence: np.ndarray, answers: Sequence[str], truth: Sequence[str]) -> list[dict[str, Any]]:
    """Accuracy of the surest rows at each of POINTS coverages; answers that were withheld count as wrong."""
    order = np.argsort(-confidence, kind="stable")
    right = np.array([answer == true for answer, true in zip(answers, truth, strict=True)], dtype=np.float64)[order]
    shares = np.cumsum(right) / np.arange(1, len(right) + 1)
    counts = np.unique(np.ceil(np.linspace(1 / POINTS, 1, POINTS) * len(right)).astype(int))
    return [{"coverage": count / len(right), "accuracy": float(shares[count - 1])} for count in counts.tolist()]
