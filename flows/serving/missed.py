"""Runs whose time passed while nobody was there, or while another was long at work → one of them stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelled

from flows.reaper import runs_of

WHY = "Missed: a later run does the same work."


@dataclass(frozen=True)
class Due:
    """A run that waits."""

    id: str
    deployment: str
    time: datetime
    """When it was to start."""
    is_scheduled: bool
    """By the clock; those that a person or an event asked for are never dropped."""


def drop_missed(workspace: str) -> int:
    """Cancel the scheduled runs that a later overdue run of the same deployment makes needless; how many."""
    with get_client(sync_client=True) as client:
        found = {str(each.id): each for each in runs_of(client, workspace, [StateType.SCHEDULED])}
        needless = missed([_due(each) for each in found.values() if each.deployment_id], datetime.now(UTC))
        for each in needless:
            client.set_flow_run_state(found[each].id, Cancelled(message=WHY), force=True)
    return len(needless)


def missed(waiting: Sequence[Due], now: datetime) -> list[str]:
    """The ids of overdue scheduled runs, but for the newest of each deployment: after a downtime one run catches up."""
    overdue = sorted((each for each in waiting if each.is_scheduled and each.time < now), key=lambda each: each.time)
    newest = {each.deployment: each.id for each in overdue}
    return [each.id for each in overdue if newest[each.deployment] != each.id]


def _due(run: Any) -> Due:
    time = run.expected_start_time or run.created
    return Due(str(run.id), str(run.deployment_id), time, bool(run.auto_scheduled))
