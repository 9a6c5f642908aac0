"""The Prefect task that has a trial trained, and what its run in MLflow is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.tasks import Task

from flows.news import Said, tell
from flows.processes.pool import do_job
from flows.run_page import run_page
from tasks.paths import Paths
from tasks.tracking.nested import TAGS, record_trial, trial_tags
from tasks.trials.trial import Trial

MOST_WORDS = 500
"""Characters of a reason."""
TRAIN: Task[..., Any] = Task(
    do_job,
    name="train",
    task_run_name="{label}",
    cache_policy=NO_CACHE,  # trials are named by their content
    persist_result=False,
    result_serializer="json",
)


@dataclass(frozen=True)
class Trainer:
    """Starts trials of one comparison or search, and keeps what they come to."""

    paths: Paths
    parent: str | None
    """The MLflow run above theirs."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def submit(self, trial: Trial, label: str, kind: str = "train", **request: Any) -> Any:
        """The future of a job for this trial, given to the flow's task runner."""
        file = trial.request(self.paths, kind, **request)
        environment = {TAGS: json.dumps(self._tags(trial, label)), **run_page().environment}
        return TRAIN.submit(label, str(self.paths.root), str(file), environment)

    def record(self, trial: Trial, label: str, result: Mapping[str, Any]) -> None:
        """Tell MLflow and the terminal what came of it."""
        numbers = {key: value for key, value in result.items() if isinstance(value, int | float)}
        params = {"finetune": trial.finetune, "base": trial.base}
        record_trial(self.paths, self._tags(trial, label), name=label, params=params, numbers=numbers)

    def _tags(self, trial: Trial, label: str) -> dict[str, str]:
        return trial_tags(self.parent, trial.name, label=label, **self.tags)


def said(mark: str, label: str, result: Mapping[str, Any], more: str = "") -> None:
    """One line for a finished trial."""
    words = f"val {result['title']} {result['val_score']:.3f}  {result['cpu_seconds']:6.1f} CPU-s"
    tail = [", pruned"] * bool(result.get("is_pruned")) + [f"  {more}"] * bool(more)
    tell(Said(f"{mark} {label:<26} {words}{''.join(tail)}"))


def in_one_line(error: object) -> str:
    """Why a training gave nothing, whatever its future held."""
    if not isinstance(error, BaseException):
        return "its process left no result"
    return " ".join(str(error).split())[:MOST_WORDS] or type(error).__name__
