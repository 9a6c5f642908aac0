"""The flow runs that are at a request to promote a version"""

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType

from flows.reaper import runs_of

_GOING = (StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED)


def states_of_promotions(workspace: str, version: int) -> set[str]:
    """The states of the runs of promote that were asked for this version and have not ended."""
    with get_client(sync_client=True) as client:
        found = runs_of(client, workspace, _GOING, ["promote"])
    return {each.state_type.value for each in found if str(each.parameters.get("version")) == str(version)}
