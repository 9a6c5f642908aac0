"""Finished trials → the comparison's numbers: scores, differences, costs, the winner"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tasks.comparison.budget import Budget
from tasks.comparison.paired import Answered, Measured, against_best, measure
from tasks.comparison.pareto import pareto_front
from tasks.comparison.verdict import Standing, pick, verdict_words
from tasks.errors import IntegrityError
from tasks.evaluate.results import rounded
from tasks.scoring.bootstrap import Draws
from tasks.targets import Target

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """A candidate whose trainings all ended well, one of each seed, in the seeds' order."""

    name: str
    lines: Mapping[str, Any]
    results: Sequence[Result]
    answers: Sequence[Result]
    """What tasks.trials.jobs writes: rows, truth, answers, labels."""

    @property
    def cpu_seconds(self) -> float:
        """Of a training, the mean over seeds."""
        return float(np.mean([each["cpu_seconds"] for each in self.results]))


def decide(finished: Sequence[Finished], budget: Budget, metric: str, target: Target, draws: Draws) -> dict[str, Any]:
    """What is known without the test side. `metric` is one of the target's that answers alone can tell; at least one
    candidate must have finished."""
    scores = {each.name: measure(_answered(each, finished[0], target), draws) for each in finished}
    is_lower_better = metric in target.lower_is_better
    best, leads = against_best(
        {name: each[metric] for name, each in scores.items()}, draws, lower_is_better=is_lower_better
    )
    standings = {
        each.name: Standing(
            scores[each.name][metric].value,
            budget.counted(each.cpu_seconds),
            leads[each.name][1] if each.name in leads else None,
            is_lower_better,
        )
        for each in finished
    }
    cheap = pareto_front({each.name: (each.cpu_seconds, standings[each.name].merit) for each in finished})
    small = pareto_front({each.name: (each.results[0]["bytes"], standings[each.name].merit) for each in finished})
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
        "candidates": sorted(rows, key=lambda row: -standings[row["name"]].merit),
        "metric": metric,
        "metrics": {name: target.metrics[name] for name in shown_metrics(metric, target)},
        "shares": [name for name in target.metrics if name not in target.not_shares],
        "best": best,
        "winner": pick(standings),
        "verdict": verdict_words(standings, target.metrics[metric], len(finished[0].results)),
        "rows": len(finished[0].answers[0]["truth"]),
    }
    return dict(rounded(found))


def shown_metrics(metric: str, target: Target) -> list[str]:
    """The metrics that a comparison shows: what it compares by, what epochs are picked by, what the gate speaks of."""
    return list(dict.fromkeys((metric, target.headline, target.verdict)))


def _answered(each: Finished, first: Finished, target: Target) -> Answered:
    """Of one candidate. Raises IntegrityError unless its val rows are those of all others."""
    given = first.answers[0]
    odd = [one for one in each.answers if (one["rows"], one["truth"]) != (given["rows"], given["truth"])]
    if odd:
        raise IntegrityError(
            f"{each.name} was scored on other val rows than {first.name}. Remove data/trials, compare."
        )
    answers, classes = ([one[key] for one in each.answers] for key in ("answers", "labels"))
    return Answered(target, given["truth"], answers, classes)


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
