"""reconcile(): the registry as people left it in; the registry and the ledger in agreement, out"""

from typing import Any

from prefect import flow

from flows.flow_process import note_process


@flow(name="reconcile", on_running=[note_process], persist_result=False, result_serializer="json")
def reconcile(workspace: str = ".") -> dict[str, Any]:
    """Put right what webhooks lose: aliases moved, versions deleted, promotions cut off, a ledger tampered with.

    Args:
        workspace: Folder that holds params.yaml.
    """
    raise NotImplementedError
