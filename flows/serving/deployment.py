"""`python -m flows.serving.deployment WORKSPACE`: the flows that people start in Prefect's pages, and those that start
by themselves, waited for and run by one process."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import TerminationSignal
from prefect.runner import Runner
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType

from flows.data_change import data_change
from flows.promote import promote
from flows.reap import reap
from flows.reaper import close_dead_runs
from flows.reconcile import reconcile
from flows.retrain import retrain
from flows.serving.automation import ensure_automations
from flows.serving.missed import drop_missed
from flows.serving.server import prefect_home
from tasks.config import load_config
from tasks.operations import ScheduleSettings
from tasks.paths import Paths

NAME = "local"
AT_ONCE = 8
"""Flow runs of all kinds; of each deployment it is one."""
POLL_SECONDS = 2.0
"""A promotion asked for in MLflow's pages begins within this time, and is told there within half a minute."""
FIRST_SECONDS = 15.0
"""Prefect's scheduler looks at new deployments every five seconds, and writes down no run of the past."""
BUSY = {"queue": ConcurrencyLimitStrategy.ENQUEUE, "skip": ConcurrencyLimitStrategy.CANCEL_NEW}


def main(arguments: list[str]) -> int:
    """Serve a workspace's deployments until told to stop."""
    paths = Paths(Path(arguments[0]))
    config = load_config(paths.params)
    workspace = str(paths.root)
    tempfile.tempdir = str(prefect_home(paths))  # of this process alone: the runner leaves a folder behind
    runner = Runner(name="finetrace", limit=AT_ONCE, query_seconds=POLL_SECONDS, pause_on_shutdown=False)
    close_dead_runs(workspace, "")  # of an `up` that was killed: they hold their deployments' places
    made = deployments(workspace, config.schedule)
    ids: dict[Any, Any] = {each.flow_name: runner.add_deployment(each) for each in made}
    drop_missed(workspace)
    ensure_automations(config.register.name, workspace, promote=ids["promote"], reconcile=ids["reconcile"])
    try:
        asyncio.run(runner.start())
    except (KeyboardInterrupt, TerminationSignal):
        return 0
    return 0


def deployments(workspace: str, schedule: ScheduleSettings) -> list[RunnerDeployment]:
    """All of a workspace: what they are called, when they start, what becomes of a second run."""
    often = _often(schedule.check_minutes)
    made = [
        _deployment(
            retrain,
            {"workspace": workspace, "clean_clone": schedule.clean_clone},
            "Bring every stage up to date and register the model if the gate passes.",
            schedule=retraining(schedule),
            busy=schedule.when_busy,
        ),
        _deployment(
            promote,
            {"workspace": workspace},
            "Make a version the champion, if the gates agree. Setting the alias in MLflow starts it too.",
        ),
        _deployment(
            reconcile,
            {"workspace": workspace},
            "Put right what somebody changed in the registry behind the ledger's back.",
            schedule=often,
            busy="skip",
        ),
        _deployment(reap, {"workspace": workspace}, "Mark runs whose process is gone.", schedule=often, busy="skip"),
    ]
    if schedule.on_data_change:
        text = "Look whether the raw data are others than those last trained on, and retrain if so."
        made.append(_deployment(data_change, {"workspace": workspace}, text, schedule=often, busy="skip"))
    return made


def retraining(schedule: ScheduleSettings) -> Schedule | None:
    """When to retrain; None: only when asked."""
    if schedule.cron is None:
        return None
    return Cron(schedule.cron, timezone=schedule.timezone, parameters={"trigger": "schedule"})


def _often(minutes: float) -> Schedule:
    """Every so many minutes, for the first time at once: so it is seen that schedules fire here."""
    return Interval(timedelta(minutes=minutes), anchor_date=datetime.now(UTC) + timedelta(seconds=FIRST_SECONDS))


def _deployment(
    flow: Flow[..., Any],
    parameters: dict[str, Any],
    description: str,
    *,
    schedule: Schedule | None = None,
    busy: str = "queue",
) -> RunnerDeployment:
    made: Any = flow.to_deployment(
        name=NAME,
        parameters=parameters,
        description=description,
        schedule=schedule,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=BUSY[busy]),
        entrypoint_type=EntrypointType.MODULE_PATH,  # a file's path would put flows/ before all packages
    )
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
