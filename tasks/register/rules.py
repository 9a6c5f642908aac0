"""What the gate asks of a model: one small class a rule. A new one is listed in tasks.register.gate.RULES."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.register.evidence import Evidence, SliceRows, best_baseline
from tasks.register.paired import Difference, chance_of_losing, paired_difference
from tasks.register.settings import RegisterSettings


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
class AtLeast:
    """A metric reaches its limit."""

    name: str
    metric: str

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        limit = getattr(register.gate, self.name)
        if limit is None:
            return off(self.name, f"register.gate.{self.name}")
        value = _measured(evidence, self.metric)
        passed = value is not None and value >= limit
        return Outcome(self.name, passed, value, limit, _compared(self.metric, value, "≥" if passed else "<", limit))


@dataclass(frozen=True)
class AtMost:
    """A metric stays below its limit."""

    name: str
    metric: str

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        limit = getattr(register.gate, self.name)
        if limit is None:
            return off(self.name, f"register.gate.{self.name}")
        value = _measured(evidence, self.metric)
        passed = value is not None and value <= limit
        return Outcome(self.name, passed, value, limit, _compared(self.metric, value, "≤" if passed else ">", limit))


class BestBaseline:
    """Not surely worse than the baseline with the highest score."""

    name = "baseline"

    def judge(self, evidence: Evidence, register: RegisterSettings) -> Outcome:
        tolerance = register.gate.baseline_tolerance
        if tolerance is None:
            return off(self.name, "register.gate.baseline_tolerance")
        best = best_baseline(evidence)
        if best is None:
            return Outcome(self.name, False, None, 0.0 - tolerance, "no baseline was measured; run evaluate again")
        return _not_worse(self.name, best, evidence.metric, evidence.baselines[best], tolerance)


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
        why = f"{evidence.metric} {difference}: {relation}{way_out}"
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
        difference = against_champion(evidence.correct, evidence.champion, register)
        return _not_worse(self.name, "the champion", evidence.metric, difference, tolerance)


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
        judged = {name: rows for name, rows in evidence.slices.items() if len(rows.correct) >= least}
        level = (1 - register.confidence) / max(1, len(judged))  # Bonferroni: many slices, few false alarms
        losses = {name: _loss(rows, level) for name, rows in judged.items()}
        bad = {name: loss for name, loss in losses.items() if loss is not None and loss > tolerance}
        if bad:
            worst = sorted(bad, key=lambda name: -bad[name])
            named = ", ".join(f"{name} {-bad[name]:+.3f}" for name in worst[:5])
            return Outcome(self.name, False, -bad[worst[0]], 0.0 - tolerance, f"falls behind the champion on {named}")
        why = f"no sure loss on {len(judged)} slices of at least {least} rows"
        return Outcome(self.name, True, 0.0, 0.0 - tolerance, why)


def against_champion(ours: np.ndarray, champion: np.ndarray, register: RegisterSettings) -> Difference:
    """The model's accuracy minus the champion's. ours, champion: (N,) bool."""
    return paired_difference(
        ours, champion, resamples=register.resamples, confidence=register.confidence, seed=register.seed
    )


def off(name: str, key: str) -> Outcome:
    """The outcome of a rule that the settings turn off."""
    return Outcome(name, None, None, None, f"off ({key} in params.yaml)")


def _measured(evidence: Evidence, metric: str) -> float | None:
    """The metric, None if it was not measured or is no finite number: then no limit is held."""
    value = evidence.metrics.get(metric)
    return value if value is not None and math.isfinite(value) else None


def _not_worse(name: str, other: str, metric: str, difference: Difference, tolerance: float) -> Outcome:
    if not math.isfinite(difference.value + difference.high):
        return Outcome(name, False, None, 0.0 - tolerance, f"the difference from {other} is no finite number")
    passed = not difference.high < -tolerance
    why = f"{metric} {difference}: {_relation(difference, other, tolerance)}"
    return Outcome(name, passed, difference.value, 0.0 - tolerance, why)


def _relation(difference: Difference, other: str, tolerance: float) -> str:
    """What an interval says about which of two is better."""
    if difference.low > 0:
        return f"surely better than {other}"
    if difference.high >= 0:
        return f"not shown to be better or worse than {other}"
    beyond = f", by more than {tolerance:g}" if tolerance else ""
    return f"surely worse than {other}{beyond}" if difference.high < -tolerance else f"worse than {other}, as tolerated"


def _loss(rows: SliceRows, level: float) -> float | None:
    """Accuracy lost to the champion on these rows; None if it may be an accident."""
    won, lost = int((rows.correct & ~rows.champion).sum()), int((rows.champion & ~rows.correct).sum())
    return (lost - won) / len(rows.correct) if chance_of_losing(won, lost) < level else None


def _compared(metric: str, value: float | None, relation: str, limit: float) -> str:
    return f"{metric} was not measured" if value is None else f"{metric} {value:.3f} {relation} {limit:g}"
