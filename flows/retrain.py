"""retrain(): labelled rows in, a registered model out; one Prefect task per stage."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from prefect import flow, get_run_logger
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Cancelled, Completed
from prefect.tasks import Task

from flows.artifacts import ProgressBar, write_summary
from flows.clone.clean_clone import fresh_clone
from flows.lineage_events import lineage_events
from flows.news import Outcome, Started, tell
from flows.processes.flow_process import note_process
from flows.processes.lock import workspace_lock
from flows.processes.stage_inputs import damage_of
from flows.processes.stages import check_sections, make_stage, stale_stages
from flows.processes.turn import take_turn
from flows.processes.workshop import open_workshop
from flows.publish import publish_in_child
from flows.reaper import close_dead_runs
from flows.redact import errors_redacted
from flows.run_page import run_page
from tasks.config import load_config
from tasks.damage import refuse_damage
from tasks.errors import BusyError, DataError, GateError, IntegrityError, SettingsError
from tasks.files import read_json
from tasks.model.limits import check_before_run
from tasks.paths import Paths
from tasks.stages import ALL_STAGES, PUBLISHING, STAGES, headline

if TYPE_CHECKING:
    StageName = str
else:  # Prefect offers these words, and no other
    StageName = Literal[tuple(ALL_STAGES)]

RETRY_DELAYS_SECONDS = [2.0, 15.0]
NEVER_RETRIED = (DataError, GateError, IntegrityError, SettingsError)


def retry_may_help(task: Task[..., Any], run: TaskRun, state: State) -> bool:  # noqa: ARG001
    """Whether another try can end otherwise: a busy or failing machine yes, bad data or settings no."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError | BusyError) and not isinstance(error, (*NEVER_RETRIED, TimeoutError))


def _stage_task(name: str, function: Callable[..., Any]) -> Task[..., Any]:
    return Task(
        errors_redacted(function),
        name=name,
        task_run_name=name,
        retries=len(RETRY_DELAYS_SECONDS),
        retry_delay_seconds=RETRY_DELAYS_SECONDS,
        retry_condition_fn=retry_may_help,
        cache_policy=NO_CACHE,  # DVC decides what is unchanged
        persist_result=False,
        result_serializer="json",
    )


def make(stage: str, root: str, because: list[str], force: bool) -> Any:
    """Bring one stage up to date: the outcome, as state `Cached` if nothing had changed for it."""
    paths, log = Paths(Path(root)), get_run_logger()
    started, ran = time.perf_counter(), False
    if because or force:
        tell(Started(stage))
        log.info("Stage %s is stale: %s", stage, "; ".join(because) or "force")
        page = run_page()
        with ProgressBar(stage, log) as bar:
            ran = make_stage(
                paths,
                stage,
                tell=bar.hear,
                extra_environment=page.environment,
                timeout_seconds=STAGES[stage].timeout_seconds,
                force=force,
            )
    else:
        refuse_damage(damage_of(paths, [stage]))
    outcome = Outcome(stage, ran, time.perf_counter() - started, read_json(paths.report(stage)), tuple(because))
    tell(outcome)
    line = f"{stage}: {'made' if ran else 'unchanged'}, {headline(stage, outcome.numbers)}"
    log.info(line)
    return Completed(name="Completed" if ran else "Cached", message=line, data=_as_json(outcome))


def register(root: str) -> dict[str, Any]:
    """Ask the gate, and give a model that passes its version; what the gate says."""
    paths = Paths(Path(root))
    page = run_page()
    tell(Started(PUBLISHING))
    started = time.perf_counter()
    with ProgressBar(PUBLISHING, get_run_logger()) as bar:
        seconds = ALL_STAGES[PUBLISHING].timeout_seconds
        verdict = publish_in_child(paths, tell=bar.hear, extra_environment=page.environment, timeout_seconds=seconds)
    tell(Outcome(PUBLISHING, True, time.perf_counter() - started, verdict))
    get_run_logger().info(verdict["line"])
    return verdict


STAGE_TASKS: dict[str, Task[..., Any]] = {name: _stage_task(name, make) for name in STAGES} | {
    PUBLISHING: _stage_task(PUBLISHING, register)
}


def _flow_run_name() -> str:
    return f"retrain-{datetime.now().astimezone():%Y-%m-%dT%H-%M-%S}"


@flow(
    name="retrain",
    flow_run_name=_flow_run_name,
    on_running=[note_process],
    persist_result=False,
    result_serializer="json",
    log_prints=False,
)
@errors_redacted
def retrain(
    workspace: str = ".",
    until: StageName = PUBLISHING,
    force: bool = False,
    clean_clone: bool = False,
    trigger: Literal["hand", "schedule", "data"] = "hand",
) -> dict[str, Any]:
    """Fine-tune on the workspace's data and register the model if the gate passes.

    Stages whose inputs, code and settings are unchanged are not run again.

    Args:
        workspace: Folder that holds params.yaml and dvc.yaml.
        until: The last stage to bring up to date; "register" asks the gate and publishes.
        force: Run every stage again, changed or not.
        clean_clone: Work in a new clone of schedule.remote, and push the data and then dvc.lock from there.
        trigger: What started the run.
    """
    paths = Paths(Path(workspace).resolve())
    config = load_config(paths.params)
    get_run_logger().info("Started by %s.", trigger)
    if clean_clone:
        with fresh_clone(paths, config.schedule, run_page().run_id) as clone:
            close_dead_runs(workspace, run_page().run_id)
            return bring_up_to_date(clone.paths, until, force, keep=clone.publish) | clone.outcome
    with ExitStack() as stack:
        when_busy: Any = "refuse" if trigger == "hand" else config.schedule.when_busy
        if dropped := take_turn(stack, paths, when_busy, get_run_logger().info):
            skipped: Any = Cancelled(name="Skipped", message=dropped)
            return skipped
        close_dead_runs(workspace, run_page().run_id)
        return bring_up_to_date(paths, until, force)


def bring_up_to_date(
    paths: Paths, until: StageName, force: bool, keep: Callable[[], bool] = lambda: True
) -> dict[str, Any]:
    """Every stage, then the gate. keep: puts in safety what was made; the gate is not asked if it says no change."""
    events = lineage_events(paths, run_page().run_id, get_run_logger().warning)
    with workspace_lock(paths), open_workshop(paths), events:
        check_sections(paths)
        outcomes = make_all(paths, until, force)
        if not keep() or until != PUBLISHING:
            return {"until": until, "stages": outcomes}
        verdict = _result(PUBLISHING, str(paths.root))
        write_summary(paths, outcomes, verdict)
    if not verdict["passed"]:
        raise GateError(verdict["line"])
    return {"until": until, "stages": outcomes, "verdict": verdict}


def make_all(paths: Paths, until: str, force: bool) -> list[dict[str, Any]]:
    """Every stage up to `until`, in order; their outcomes.

    Raises SettingsError or SetupError, and runs nothing, if the base could not read what base.max_tokens lets through.
    """
    check_before_run(load_config(paths.params).base, paths.root)
    stale = stale_stages(paths)
    outcomes: list[dict[str, Any]] = []
    for name in STAGES:
        made = [each["stage"] for each in outcomes if each["ran"]]
        because = stale.get(name, []) or ([f"{made[-1]} ran"] if made else [])
        outcomes.append(_result(name, name, str(paths.root), because, force))
        if name == until:
            break
    return outcomes


def _result(task: str, *arguments: Any) -> dict[str, Any]:
    """What a task gives; a task that ends as `Cached` gives a state, which has to be opened."""
    state: Any = STAGE_TASKS[task](*arguments, return_state=True)
    found: dict[str, Any] = state.result()
    return found


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {"stage": outcome.stage, "ran": outcome.ran, "seconds": outcome.seconds, "numbers": outcome.numbers}
