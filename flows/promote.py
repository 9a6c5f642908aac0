"""promote(): a request to make a version the champion in; kept, or put back with the reason, out"""

from typing import Any, Literal

from prefect import flow

from flows.flow_process import note_process


@flow(name="promote", on_running=[note_process], persist_result=False, result_serializer="json")
def promote(
    workspace: str = ".",
    version: int = 0,
    reason: str = "",
    by: str = "",
    via: Literal["prefect", "ui", "reconciler"] = "prefect",
) -> dict[str, Any]:
    """Ask the gates about a version and make it the champion if they agree.

    Args:
        workspace: Folder that holds params.yaml.
        version: Number of the version.
        reason: Why; kept in the ledger.
        by: Who asks; kept in the ledger.
        via: How the request came.
    """
    raise NotImplementedError
