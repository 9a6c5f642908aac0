"""Where runs and models are kept, and the one safe way to open it."""

import os
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.request import pathname2url

from filelock import FileLock

from tasks.errors import SetupError
from tasks.files import make_folder
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.tracking.reach import check_reachable, database, reporting

__all__ = ["Store", "database", "init_store", "open_store", "registry_uri", "reporting", "store_lock", "tracking_uri"]

_CALM = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # MLflow's own 7 mean minutes of silence when a server is gone
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # else a uv.lock in the current folder travels with the model
}
_NOTE = (
    "Trainings by finetrace: one run a model, found by its tag `finetrace.model_digest`; a repeated training of the "
    "same model is a child of the first. Runs, models and the registry are under *Machine learning* (the switch at the "
    "top left, or `?workflowType=machine_learning` in the address)."
)


@dataclass(frozen=True)
class Store:
    """An open tracking store and registry, with the experiment that our runs belong to."""

    client: Any
    experiment_id: str
    tracking_uri: str
    registry_uri: str


def tracking_uri(paths: Paths) -> str:
    """MLFLOW_TRACKING_URI, else the workspace's own SQLite file."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{paths.root.resolve() / 'mlflow.db'}"


def registry_uri(paths: Paths) -> str:
    """MLFLOW_REGISTRY_URI, else the same as the tracking store."""
    return os.environ.get("MLFLOW_REGISTRY_URI") or tracking_uri(paths)


def export_for_clients(paths: Paths) -> str:
    """What a person types so that MLflow's own programs, started in the workspace, open its database; "" if they do.

    Their default URI is percent-encoded and then taken for a path as it is: of a folder with a space, or a letter
    outside ASCII, in its path it names another, empty database.
    """
    root = str(paths.root.resolve())
    if os.environ.get("MLFLOW_TRACKING_URI") or pathname2url(root) == root:
        return ""
    return f"export MLFLOW_TRACKING_URI={shlex.quote(tracking_uri(paths))}"


def experiment_name() -> str:
    """MLFLOW_EXPERIMENT_NAME, else "finetrace"."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or "finetrace"


def init_store(paths: Paths) -> None:
    """Make the store once, however many processes ask at the same time.

    MLflow's own first start crashes when two processes create its tables at once, hence the lock. Raises SetupError
    if the store cannot be reached or is broken.
    """
    open_store(paths)


def open_store(paths: Paths) -> Store:
    """The store, made if it is not there yet. Raises SetupError, within seconds, if it cannot be used."""
    set_switches()
    for name, value in _CALM.items():
        os.environ.setdefault(name, value)
    tracking, registry = tracking_uri(paths), registry_uri(paths)
    with store_lock(paths, "init"), reporting(tracking):
        for uri in dict.fromkeys((tracking, registry)):
            check_reachable(uri)
        from mlflow import MlflowClient  # late: 1.2 s of CPU

        client = MlflowClient(tracking_uri=tracking, registry_uri=registry)
        experiment_id = _experiment(client, paths)
        if database(registry) is not None:
            client.search_registered_models(max_results=1)  # makes its tables now, under the lock
    return Store(client=client, experiment_id=experiment_id, tracking_uri=tracking, registry_uri=registry)


def store_lock(paths: Paths, purpose: str) -> FileLock:
    """A lock shared by all who use this store for `purpose`; beside the database if that is a file elsewhere."""
    file = database(registry_uri(paths))
    if file is None or file.parent == paths.root.resolve():
        folder, name = paths.state / "locks", f"mlflow-{purpose}.lock"
    elif (file.parent / paths.state.name).is_dir():  # of a workspace: we are in a clone of it, and share its locks
        folder, name = file.parent / paths.state.name / "locks", f"mlflow-{purpose}.lock"
    else:
        folder, name = file.parent, f".{file.name}-{purpose}.lock"
    make_folder(folder)
    return FileLock(folder / name, mode=0o600)


def _experiment(client: Any, paths: Paths) -> str:
    """The experiment's id; made, with its artifacts beside the database, if it is not there."""
    from mlflow.exceptions import MlflowException

    name = experiment_name()
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            location = _artifact_location(client.tracking_uri, paths)
            return str(client.create_experiment(name, artifact_location=location, tags={"mlflow.note.content": _NOTE}))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(name)
    if found.lifecycle_stage == "deleted":
        raise SetupError(f"The MLflow experiment {name!r} is deleted. Restore it, or set MLFLOW_EXPERIMENT_NAME.")
    return str(found.experiment_id)


def _artifact_location(uri: str, paths: Paths) -> str | None:
    """A folder for its owner alone beside the database; None leaves the choice to the server."""
    if uri.startswith(("http://", "https://", "databricks")):
        return None
    file = database(uri)
    folder = (file.parent if file else paths.root.resolve()) / "mlartifacts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.as_uri()
