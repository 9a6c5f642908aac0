"""Candidates × seeds → trials, and the comparison's name"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasks.comparison.budget import Budget, make_budget, under
from tasks.comparison.candidates import Candidate, read_candidates
from tasks.config import Config, load_config, read_yaml
from tasks.digest import sha256_of_value
from tasks.errors import SettingsError
from tasks.paths import Paths
from tasks.settings import as_dict
from tasks.targets import Target
from tasks.trials.patch import Patch
from tasks.trials.trial import Trial, make_trial


@dataclass(frozen=True)
class Plan:
    """All that is to be done, named by its content: who asks for the same gets what is there."""

    candidates: Sequence[Candidate]
    seeds: Sequence[int]
    budget: Budget
    metric: str
    trials: Mapping[tuple[str, int], Trial]
    """By candidate and seed."""
    evaluate: Mapping[str, Any]
    rows: Mapping[str, str]

    @property
    def name(self) -> str:
        """16 letters."""
        trials = [[name, seed, trial.name] for (name, seed), trial in self.trials.items()]
        return sha256_of_value([trials, asdict(self.budget), self.metric, self.evaluate, self.rows])[:16]

    def folder(self, paths: Paths) -> Path:
        """Where the results lie: comparison.json, report.html, patch.yaml."""
        return paths.data / "comparisons" / self.name

    def first(self, candidate: str) -> Trial:
        """The candidate's trial with the first seed: the one that params.yaml with its lines would train."""
        return self.trials[candidate, self.seeds[0]]


def make_plan(
    candidates: Sequence[Candidate], config: Config, rows: Mapping[str, str], *, seeds: int, budget: Budget, metric: str
) -> Plan:
    """The trials of a comparison: seed k is the same order of rows and the same draws of dropout for every candidate.

    rows: what tasks.trials.trial.rows_digests says. Raises SettingsError if a candidate brings its own budget.
    """
    if seeds < 1:
        raise SettingsError("--seeds must be at least 1.")
    own = [each.name for each in candidates if budget.epochs is not None and "epochs" in each.lines.get("finetune", {})]
    if own:
        raise SettingsError(
            f"{', '.join(own)} sets epochs, but the budget says {budget.words}. Use --seconds, or drop it."
        )
    numbers = [config.finetune.seed + number for number in range(seeds)]
    trials = {
        (each.name, seed): make_trial(under(budget, each.config, seed), rows, budget.seconds)
        for each in candidates
        for seed in numbers
    }
    return Plan(candidates, numbers, budget, metric, trials, as_dict(config.evaluate), rows)


def plan_comparison(
    paths: Paths,
    candidates: Sequence[str],
    rows: Mapping[str, str],
    *,
    seeds: int,
    epochs: int | None,
    seconds: float | None,
    metric: str | None,
) -> Plan:
    """What is to be done with these rows. Raises SettingsError for a mistake in what is asked, whatever the rows.

    metric: None for the one that the target's epochs are picked by.
    """
    config = load_config(paths.params)
    metric = _checked_metric(metric, config.problem.target)
    budget = make_budget(config, epochs=epochs, seconds=seconds)
    read = read_candidates(candidates, read_yaml(paths.params), paths.root)
    return make_plan(read, config, rows, seeds=seeds, budget=budget, metric=metric)


def _checked_metric(metric: str | None, target: Target) -> str:
    if metric is None:
        return target.headline
    if metric not in target.told_by_answers:
        known = ", ".join(target.told_by_answers)
        raise SettingsError(f"--metric {metric}: known for {target.reads} a row: {known}.")
    return metric


def taken_lines(plan: Plan, candidate: str, config: Config) -> Patch:
    """The lines for params.yaml that make it train what was measured: the candidate's, and the budget's epochs."""
    lines = {name: dict(each) for name, each in next(c.lines for c in plan.candidates if c.name == candidate).items()}
    if plan.budget.epochs is not None and plan.budget.epochs != config.finetune.epochs:
        lines.setdefault("finetune", {})["epochs"] = plan.budget.epochs
    return lines
