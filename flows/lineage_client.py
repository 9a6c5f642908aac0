"""an event → what OpenLineage's client takes; the only file that imports it, an optional package"""

from collections.abc import Callable
from typing import Any

from flows.lineage_events import Data, Event
from tasks.lineage.statement import BUILDER


def open_client(namespace: str) -> Callable[[Event], None]:
    """A function that sends events to wherever the environment says. Raises ImportError if the package is missing."""
    from openlineage.client import OpenLineageClient

    client = OpenLineageClient()
    return lambda event: client.emit(make_event(event, namespace))


def make_event(event: Event, namespace: str) -> Any:
    """The event in OpenLineage's own classes; data by path, with digests as the facet `version`."""
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import error_message_run, parent_run

    facets: dict[str, Any] = {}
    if event.parent:
        job = parent_run.Job(namespace=namespace, name=event.job.rpartition(".")[0])
        facets["parent"] = parent_run.ParentRunFacet(run=parent_run.Run(runId=event.parent), job=job)
    if event.message:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(event.message, programmingLanguage="PYTHON")
    return RunEvent(
        eventType=RunState[event.state],
        eventTime=event.time,
        run=Run(runId=event.run_id, facets=facets),
        job=Job(namespace=namespace, name=event.job),
        producer=BUILDER,
        inputs=[InputDataset(namespace=namespace, name=each.name, facets=_facets(each)) for each in event.inputs],
        outputs=[OutputDataset(namespace=namespace, name=each.name, facets=_facets(each)) for each in event.outputs],
    )


def _facets(data: Data) -> dict[str, Any]:
    from openlineage.client.facet_v2 import dataset_version_dataset

    version = f"md5:{data.md5}" + (f" sha256:{data.sha256}" if data.sha256 else "")
    return {"version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=version)}
