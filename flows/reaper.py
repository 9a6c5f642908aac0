"""Flow runs whose process died without a word → marked as crashed, so that no page shows them running for ever."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Crashed

from flows.processes.flow_process import MACHINE, PROCESS
from tasks.process_name import is_alive, machine_name

FLOWS = ["retrain", "compare", "search", "promote", "reconcile", "reap", "data-change"]
NAMELESS_SECONDS = 300.0
"""A run that has not said after so long which process does it never will."""
PAGE = 200
_GOING = [StateType.RUNNING, StateType.CANCELLING, StateType.PENDING]


@dataclass(frozen=True)
class Going:
    """A flow run that Prefect takes to be under way."""

    id: str
    labels: Mapping[str, Any]
    seconds: float
    """Since its state changed last."""


def close_dead_runs(workspace: str, own_run_id: str) -> int:
    """Mark the runs of this workspace whose process on this machine is gone as crashed; how many there were."""
    with get_client(sync_client=True) as client:
        found = runs_of(client, workspace, _GOING)
        going = [_going(each) for each in found if str(each.id) != own_run_id]
        dead = [each.id for each in going if is_dead(each, machine_name(), is_alive)]
        by_id = {str(each.id): each.id for each in found}
        for each in dead:
            client.set_flow_run_state(by_id[each], Crashed(message="Its process is gone."), force=True)
    return len(dead)


def is_dead(run: Going, machine: str, lives: Callable[[str], bool]) -> bool:
    """Whether nobody does this run any more. Of another machine's runs nobody here can say so."""
    if PROCESS not in run.labels:
        return run.seconds > NAMELESS_SECONDS
    return run.labels.get(MACHINE) == machine and not lives(str(run.labels[PROCESS]))


def runs_of(client: Any, workspace: str, states: Sequence[StateType], names: Sequence[str] = FLOWS) -> list[Any]:
    """The runs of our flows in these states that were given this workspace, the oldest first."""
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))))
    flows = FlowFilter(name=FlowFilterName(any_=list(names)))
    found: list[Any] = []
    while True:
        page = client.read_flow_runs(
            flow_filter=flows,
            flow_run_filter=wanted,
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=PAGE,
            offset=len(found),
        )
        found += page
        if len(page) < PAGE:
            return [each for each in found if each.parameters.get("workspace") == workspace]


def _going(run: Any) -> Going:
    since = run.state.timestamp if run.state else run.created
    return Going(str(run.id), run.labels or {}, (datetime.now(UTC) - since).total_seconds())
