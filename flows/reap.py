"""reap(): runs that nobody does any more in; runs marked as what they are, out"""

from pathlib import Path

from prefect import flow, get_run_logger

from flows.clone.clone_place import clone_paths
from flows.processes.flow_process import note_process
from flows.reaper import close_dead_runs
from flows.redact import errors_redacted
from flows.run_page import run_page
from flows.serving.missed import drop_missed
from tasks.paths import Paths


@flow(name="reap", on_running=[note_process], persist_result=False, result_serializer="json")
@errors_redacted
def reap(workspace: str = ".") -> dict[str, int]:
    """Mark flow runs and MLflow runs whose process is gone as crashed and failed, and drop what was missed.

    Args:
        workspace: Folder that holds params.yaml.
    """
    done = {
        "flow_runs_crashed": close_dead_runs(workspace, run_page().run_id),
        "mlflow_runs_failed": close_dead_mlflow_runs(Paths(Path(workspace).resolve())),
        "missed_runs_dropped": drop_missed(workspace),
    }
    get_run_logger().info(", ".join(f"{name.replace('_', ' ')}: {number}" for name, number in done.items()))
    return done


def close_dead_mlflow_runs(paths: Paths) -> int:
    """Set to FAILED what trained in the workspace, or in a clean clone of it, and died; how many there were."""
    from tasks.tracking.process import close_dead_runs as close
    from tasks.tracking.store import database, open_store, reporting, tracking_uri

    file = database(tracking_uri(paths))
    if file is not None and not file.exists():
        return 0
    store = open_store(paths)
    with reporting(store.tracking_uri):
        return sum(len(close(store, place)) for place in (paths, clone_paths(paths)))
