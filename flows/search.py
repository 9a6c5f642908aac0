"""search(): settings looked for by trial, each training in a process of its own; never on the test side."""

import math
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.futures import as_completed

from flows.news import Said, tell
from flows.processes.flow_process import note_process
from flows.processes.lock import workspace_lock
from flows.processes.pool import POOL
from flows.processes.stages import check_sections
from flows.processes.trainings import Trainer, in_one_line, said
from flows.processes.workshop import open_workshop
from flows.reaper import close_dead_runs
from flows.redact import errors_redacted
from flows.retrain import make_all
from flows.run_page import run_page
from tasks.config import load_config
from tasks.errors import FinetraceError
from tasks.paths import Paths
from tasks.search.floors import median_floors
from tasks.search.plan import SearchPlan, plan_search
from tasks.search.results import write_search
from tasks.search.space import as_plain
from tasks.search.study import Study
from tasks.stages import ROWS_STAGE
from tasks.tracking import live_run
from tasks.trials.trial import Trial, rows_digests


def _flow_run_name() -> str:
    return f"search-{datetime.now().astimezone():%Y-%m-%dT%H-%M-%S}"


@flow(
    name="search",
    flow_run_name=_flow_run_name,
    on_running=[note_process],
    persist_result=False,
    result_serializer="json",
    log_prints=False,
)
@errors_redacted
def search(
    workspace: str = ".",
    space: str | None = None,
    trials: int | None = 20,
    seconds: float | None = None,
    resume: bool = False,
    jobs: int = 1,
    below: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Look for settings that score higher on the val rows; write the best as a patch, and change nothing else.

    A search that was killed goes on with what it knew when it is asked for again.

    Args:
        workspace: Folder that holds params.yaml and dvc.yaml.
        space: YAML file of keys of params.yaml, each with low and high, or choices; by default one for the strategy.
        trials: So many trials in all, those of earlier runs included; none: as many as seconds allow.
        seconds: Start no trial when so many seconds have passed.
        resume: Go on with the newest search, whatever its space was.
        jobs: Trainings at a time.
        below: Lines of params.yaml that all trials begin with.
    """
    paths = Paths(Path(workspace).resolve())
    file = None if space is None else paths.root / space
    with workspace_lock(paths), open_workshop(paths):
        close_dead_runs(workspace, run_page().run_id)
        check_sections(paths)
        make_all(paths, ROWS_STAGE, False)
        config = load_config(paths.params)
        plan = plan_search(paths, config, rows_digests(paths), space=file, below=below or {}, resume=resume)
        plan.remember(paths)
        study = Study(plan.study_file(paths), plan.space, seed=plan.config.finetune.seed, at_once=jobs)
        params = {"search": {"space": as_plain(plan.space), "trials": trials, "seconds": seconds}}
        tags = {"finetrace.search": plan.name}
        with live_run(paths, name=f"search-{plan.name}", params=params, tags=tags) as run, POOL.closing():
            deadline = math.inf if seconds is None else time.monotonic() + seconds
            most = math.inf if trials is None else trials
            _Trials(paths, plan, study, Trainer(paths, run.run_id)).go_on(most, deadline, jobs)
            found = write_search(paths, plan, study)
            run.log(0, {"best_val_score": found["best"]["val_score"]})
    return found


class _Trials:
    """The trials under way."""

    def __init__(self, paths: Paths, plan: SearchPlan, study: Study, trainer: Trainer) -> None:
        self._paths, self._plan, self._study, self._trainer = paths, plan, study, trainer
        self._running: dict[Any, tuple[int, Trial]] = {}

    def go_on(self, most: float, deadline: float, jobs: int) -> None:
        """Start and await trials until there are so many in all, or the time is over."""
        while True:
            while len(self._running) < jobs and self._count() < most and time.monotonic() < deadline:
                self._start()
            if not self._running:
                return
            future = next(as_completed(list(self._running)))
            self._end(future, *self._running.pop(future))

    def _count(self) -> int:
        return len(self._study.tries()) + len(self._running)

    def _start(self) -> None:
        number, point = self._study.ask()
        try:
            trial = self._plan.trial(point)
        except FinetraceError as error:  # two values that do not go together
            self._fail(number, in_one_line(error))
            return
        known = trial.result(self._paths, with_model=False)
        if known is not None and not known["is_pruned"]:
            self._keep(number, trial, known, "=")
            return
        curves = [each.result["curve"] for each in self._study.tries() if each.state == "complete"]
        label = f"trial {self._count() + 1}"
        floors = median_floors(curves)
        future = self._trainer.submit(trial, label, floors=floors, keep_model=False)
        self._running[future] = (number, trial)

    def _end(self, future: Any, number: int, trial: Trial) -> None:
        error = future.result(raise_on_failure=False)
        result = None if isinstance(error, BaseException) else trial.result(self._paths, with_model=False)
        if result is None:
            self._fail(number, in_one_line(error))
        else:
            self._keep(number, trial, result, "✓")

    def _keep(self, number: int, trial: Trial, result: dict[str, Any], mark: str) -> None:
        self._study.tell(number, result)
        told = self._study.tries()
        words = self._plan.words(next(each.point for each in told if each.number == number))
        said(mark, f"trial {len(told)}", result, words)
        self._trainer.record(trial, f"trial {len(told)}", result)

    def _fail(self, number: int, reason: str) -> None:
        self._study.tell_failure(number, reason)
        tell(Said(f"✗ trial {len(self._study.tries())}: {reason}"))
