"""Flow runs whose process died without a word → marked as crashed, so that no page shows them running for ever."""

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

FLOWS = ["retrain", "compare", "search"]


def close_dead_runs(workspace: str, own_run_id: str) -> int:
    """Mark every other running flow of this workspace as crashed; how many there were.

    Only whoever holds the workspace's lock may ask: then no other run of it can be alive.
    """
    running = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING]))
    )
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=FLOWS)), flow_run_filter=running)
        dead = [each for each in found if each.parameters.get("workspace") == workspace and str(each.id) != own_run_id]
        for each in dead:
            client.set_flow_run_state(each.id, Crashed(message="Its process is gone."), force=True)
    return len(dead)
