"""Finished trials → the comparison's numbers: scores, differences, costs, the winner"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tasks.comparison.budget import Budget
from tasks.comparison.paired import Guesses, Measured, against_best, measure
from tasks.comparison.pareto import pareto_front
from tasks.comparison.verdict import Standing, pick, verdict_words
from tasks.errors import IntegrityError
from tasks.evaluate.results import rounded
from tasks.scoring.bootstrap import Draws

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """A candidate whose trainings all ended well, one of each seed, in the seeds' order."""

    name: str
    lines: Mapping[str, Any]
    results: Sequence[Result]
    guesses: Sequence[Result]
    """What tasks.trials.jobs writes: rows, truth, guess, labels."""

    @property
    def cpu_seconds(self) -> float:
        """Of a training, the mean over seeds."""
        return float(np.mean([each["cpu_seconds"] for each in self.results]))


def decide(finished: Sequence[Finished], budget: Budget, metric: str, draws: Draws) -> dict[str, Any]:
    """What is known without the test side. `metric` is one of METRICS; at least one candidate must have finished."""
    scores = {each.name: measure(_guesses(each, finished[0]), draws) for each in finished}
    best, leads = against_best({name: each[metric] for name, each in scores.items()}, draws)
    standings = {
        each.name: Standing(
            scores[each.name][metric].value,
            budget.counted(each.cpu_seconds),
            leads[each.name][1] if each.name in leads else None,
        )
        for each in finished
    }
    cheap = pareto_front({each.name: (each.cpu_seconds, standings[each.name].score) for each in finished})
    small = pareto_front({each.name: (each.results[0]["bytes"], standings[each.name].score) for each in finished})
    rows: list[dict[str, Any]] = []
    for each in finished:
        row = _costs(each, budget) | {name: _interval(scores[each.name][name], draws) for name in scores[each.name]}
        row |= {"on_cost_front": each.name in cheap, "on_size_front": each.name in small}
        row["by_seed"] = scores[each.name][metric].by_seed.tolist()
        if each.name in leads:
            lead, corrected = leads[each.name]
            row["behind"] = asdict(lead) | {"p_corrected": corrected, "is_shown": standings[each.name].is_shown_worse}
        rows.append(row)
    found: dict[str, Any] = {
        "candidates": sorted(rows, key=lambda row: -row[metric]["value"]),
        "best": best,
        "winner": pick(standings),
        "verdict": verdict_words(standings, metric, len(finished[0].results)),
        "rows": len(finished[0].guesses[0]["truth"]),
    }
    return dict(rounded(found))


def _guesses(each: Finished, first: Finished) -> Guesses:
    """Of one candidate. Raises IntegrityError unless its val rows are those of all others."""
    given = first.guesses[0]
    odd = [one for one in each.guesses if (one["rows"], one["truth"]) != (given["rows"], given["truth"])]
    if odd:
        raise IntegrityError(
            f"{each.name} was scored on other val rows than {first.name}. Remove data/trials, compare."
        )
    return Guesses(np.array(given["truth"]), np.array([one["guess"] for one in each.guesses]), int(given["labels"]))


def _costs(each: Finished, budget: Budget) -> dict[str, Any]:
    first = each.results[0]
    return {
        "name": each.name,
        "lines": dict(each.lines),
        "cpu_seconds": each.cpu_seconds,
        "epochs": [len(one["curve"]) for one in each.results],
        "is_over_budget": budget.is_over(each.cpu_seconds),
        **{key: first[key] for key in ("trainable", "total", "bytes")},
    }


def _interval(score: Measured, draws: Draws) -> dict[str, float]:
    low, high = draws.interval(score.samples)
    return {"value": score.value, "low": low, "high": high}
