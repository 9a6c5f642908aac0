"""What the gate asks of a model: one small class a rule. A new one is listed in tasks.register.gate.RULES."""

import math
from dataclasses import dataclass
from typing import Any

from tasks.register.evidence import Evidence, Metrics, SliceScores, best_baseline
from tasks.register.paired import Difference, chance_of_falling_behind, paired_difference
from tasks.register.settings import RegisterSettings
from tasks.scoring.bootstrap import Draws, Scores
from tasks.targets import Target


@dataclass(frozen=True)
class Outcome:
    """What one rule says. passed: None if the rule is off. value, limit: what was compared, as a person reads it."""

    name: str
    passed: bool | None
    value: Any
    limit: Any
    why: str


class Finite:
    """Every metric is a finite number."""

    name = "finite"

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        if not register.gate.finite:
            return off(self.name, "register.gate.finite")
        bad = sorted(name for name, value in evidence.metrics.items() if value is None or not math.isfinite(value))
        why = f"{', '.join(bad)} not finite" if bad else f"all {len(evidence.metrics)} metrics are finite"
        return Outcome(self.name, not bad, len(bad), 0, why)


@dataclass(frozen=True)
class Bound:
    """A metric reaches its limit, or stays below it, on the test rows or on a further test set."""

    name: str
    metric: str
    is_least: bool
    limit: float | None = None
    """None: the setting of the rule's name."""
    extra: str = ""
    """The further test set's name."""

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        limit = getattr(register.gate, self.name) if self.limit is None else self.limit
        if limit is None:
            return off(self.name, f"register.gate.{self.name}")
        if self.metric not in evidence.target.metrics:
            why = f"does not apply: {self.metric} is no metric of {evidence.target.reads} a row"
            return Outcome(self.name, None, None, limit, why)
        if self.extra and self.extra not in evidence.extra:
            return Outcome(self.name, False, None, limit, f"no test set {self.extra} was measured; run evaluate again")
        value = _measured(evidence.extra[self.extra] if self.extra else evidence.metrics, self.metric)
        passed = value is not None and (value >= limit if self.is_least else value <= limit)
        relation = ("≥" if passed else "<") if self.is_least else ("≤" if passed else ">")
        why = _compared(self.metric, value, relation, limit)
        return Outcome(self.name, passed, value, limit, f"{self.extra}: {why}" if self.extra else why)


def bounds(register: RegisterSettings) -> list[Bound]:
    """A rule for each limit that register.gate.min, max and min_extra name."""
    gate = register.gate
    least = [Bound(f"min.{metric}", metric, True, limit) for metric, limit in gate.min.items()]
    most = [Bound(f"max.{metric}", metric, False, limit) for metric, limit in gate.max.items()]
    on_extra = [
        Bound(f"min_extra.{name}.{metric}", metric, True, limit, name)
        for name, limits in gate.min_extra.items()
        for metric, limit in limits.items()
    ]
    return [*least, *most, *on_extra]


class BestBaseline:
    """Not surely worse than the best baseline."""

    name = "baseline"

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        tolerance = register.gate.baseline_tolerance
        if tolerance is None:
            return off(self.name, "register.gate.baseline_tolerance")
        best = best_baseline(evidence)
        if best is None:
            return Outcome(self.name, False, None, 0.0 - tolerance, "no baseline was measured; run evaluate again")
        return _not_worse(self.name, best, evidence.baselines[best], tolerance, evidence.target)


class BeatsBaseline:
    """Surely better than the baseline with the highest score; of a first version, if the settings ask no more."""

    name = "beats_baseline"

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        when = register.gate.beats_baseline
        if when == "never":
            return off(self.name, "register.gate.beats_baseline")
        if when == "first_version" and evidence.has_champion:
            return Outcome(self.name, True, None, 0.0, "asked of a first version alone: there is a champion")
        best = best_baseline(evidence)
        if best is None:
            return Outcome(self.name, False, None, 0.0, "no baseline was measured; run evaluate again")
        difference = evidence.baselines[best]
        if not math.isfinite(difference.value + difference.low):
            return Outcome(self.name, False, None, 0.0, f"the difference from {best} is no finite number")
        passed = difference.low > 0
        relation = f"surely better than {best}" if passed else f"not shown to be better than {best}"
        way_out = "" if passed else " (compare strategies, add rows, or set register.gate.beats_baseline: never)"
        why = f"{evidence.target.metrics[evidence.target.verdict]} {difference}: {relation}{way_out}"
        return Outcome(self.name, passed, difference.value, 0.0, why)


class Champion:
    """Not surely worse than the champion on this test set."""

    name = "champion"

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        tolerance = register.gate.champion_tolerance
        if tolerance is None:
            return off(self.name, "register.gate.champion_tolerance")
        if evidence.champion is None:
            return Outcome(self.name, True, None, 0.0 - tolerance, "there is no champion yet")
        difference = against_champion(evidence.target, evidence.model, evidence.champion, register)
        return _not_worse(self.name, "the champion", difference, tolerance, evidence.target)


class Slices:
    """No slice on which the model surely falls behind the champion."""

    name = "slices"

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        tolerance = register.gate.slice_tolerance
        if tolerance is None:
            return off(self.name, "register.gate.slice_tolerance")
        if evidence.champion is None:
            return Outcome(self.name, True, None, 0.0 - tolerance, "there is no champion yet")
        least = register.gate.min_slice_rows
        judged = {name: rows for name, rows in evidence.slices.items() if len(rows.model) >= least}
        level = (1 - register.confidence) / max(1, len(judged))  # Bonferroni: many slices, few false alarms
        losses = {name: _loss(rows) for name, rows in judged.items()}
        bad = {
            name: loss
            for name, loss in losses.items()
            if loss > tolerance and _is_sure(judged[name], level, register.seed)
        }
        if bad:
            worst = sorted(bad, key=lambda name: -bad[name])
            named = ", ".join(f"{name} {-bad[name]:+.3f}" for name in worst[:5])
            return Outcome(self.name, False, -bad[worst[0]], 0.0 - tolerance, f"falls behind the champion on {named}")
        why = f"no sure loss on {len(judged)} slices of at least {least} rows"
        return Outcome(self.name, True, 0.0, 0.0 - tolerance, why)


def against_champion(target: Target, model: Scores, champion: Scores, register: RegisterSettings) -> Difference:
    """How much better the model is than the champion on the same rows, by the target's verdict metric."""
    return paired_difference(target, model, champion, Draws(register.resamples, register.confidence, register.seed))


def off(name: str, key: str) -> Outcome:
    """The outcome of a rule that the settings turn off."""
    return Outcome(name, None, None, None, f"off ({key} in params.yaml)")


def _measured(metrics: Metrics, metric: str) -> float | None:
    """The metric, None if it was not measured or is no finite number: then no limit is held."""
    value = metrics.get(metric)
    return value if value is not None and math.isfinite(value) else None


def _not_worse(name: str, other: str, difference: Difference, tolerance: float, target: Target) -> Outcome:
    if not math.isfinite(difference.value + difference.high):
        return Outcome(name, False, None, 0.0 - tolerance, f"the difference from {other} is no finite number")
    passed = not difference.high < -tolerance
    why = f"{target.metrics[target.verdict]} {difference}: {_relation(difference, other, tolerance)}"
    return Outcome(name, passed, difference.value, 0.0 - tolerance, why)


def _relation(difference: Difference, other: str, tolerance: float) -> str:
    """What an interval says about which of two is better."""
    if difference.low > 0:
        return f"surely better than {other}"
    if difference.high >= 0:
        return f"not shown to be better or worse than {other}"
    beyond = f", by more than {tolerance:g}" if tolerance else ""
    return f"surely worse than {other}{beyond}" if difference.high < -tolerance else f"worse than {other}, as tolerated"


def _loss(rows: SliceScores) -> float:
    """How far the mean score of these rows is behind the champion's."""
    return float((rows.champion - rows.model).sum()) / len(rows.model)


def _is_sure(rows: SliceScores, level: float, seed: int) -> bool:
    """Whether that is hardly an accident."""
    return chance_of_falling_behind(rows.model, rows.champion, level=level, seed=seed) < level


def _compared(metric: str, value: float | None, relation: str, limit: float) -> str:
    return f"{metric} was not measured" if value is None else f"{metric} {value:.3f} {relation} {limit:g}"
