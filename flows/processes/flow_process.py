"""Which process does a flow run: told to Prefect when it begins, so that a dead one can be told from a slow one"""

from typing import Any

from prefect.client.orchestration import get_client

from tasks.process_name import machine_name, process_name

PROCESS, MACHINE = "finetrace.process", "finetrace.machine"


def note_process(flow: Any, flow_run: Any, state: Any) -> None:  # noqa: ARG001 - Prefect gives them by these names
    """A hook for a flow's on_running: label the run with this process (pid and start time) and this machine."""
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(flow_run.id, {PROCESS: process_name(), MACHINE: machine_name()})
