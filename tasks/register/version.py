"""A version of the registered model, made once for each content."""

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.paths import Paths
from tasks.register.champion import PACKAGE_DIGEST, ChampionVersion, download, find_version
from tasks.register.package import verify_package
from tasks.tracking import Store, store_lock

CONTENT = "finetrace.content"
_SETTLED = "finetrace.settled"
_ABOUT = (
    "Registered by finetrace. The alias **challenger** is the newest model that passed the gate; **champion** is the "
    'one in use. Load one with `mlflow.pyfunc.load_model("models:/{name}@champion")`.\n\nAn alias is moved with the '
    "pencil beside it. The button *Promote model* does something else: it copies a version to another registered model."
)


@dataclass(frozen=True)
class Measured:
    """Headline metrics, and the test file they were measured on."""

    metrics: Mapping[str, float]
    data_name: str
    data_md5: str


BuildPackage = Callable[[Path, Any], str]
"""(empty folder, mlflow.models.Model) → the package's digest."""


@dataclass(frozen=True)
class Registered:
    """A version, the aliases that point to it, and whether it was made just now."""

    version: int
    aliases: tuple[str, ...]
    created: bool


def register_version(
    store: Store,
    paths: Paths,
    *,
    name: str,
    content: str,
    run_id: str,
    tags: Mapping[str, str],
    description: str,
    measured: Measured,
    build: BuildPackage,
) -> Registered:
    """The version of `name` with this content, made if there is none; however many processes ask at once.
    Its files are verified where they lie before the version exists. Raises IntegrityError.
    """
    with store_lock(paths, "register"):
        _ensure_registered_model(store, name)
        version = find_content(store, name, content)
        created = version is None
        if version is None:
            logged, digest = _keep_package(store, content, run_id, tags, build)
            _log_metrics(store, run_id, logged.model_id, measured)
            made = store.client.create_model_version(
                name,
                source=logged.artifact_location,  # models:/<id> would be looked up in MLflow's ambient store
                run_id=run_id,
                model_id=logged.model_id,
                description=description,
                tags={**tags, CONTENT: content, PACKAGE_DIGEST: digest},
            )
            version = int(made.version)
            told = json.dumps([{"name": name, "version": str(version)}])  # MLflow's page of the model links to it
            store.client.set_logged_model_tags(logged.model_id, {"mlflow.modelVersions": told})
        _set_aliases(store, name, version)
        return Registered(version, aliases_of(store, name, version), created)


def find_content(store: Store, name: str, content: str) -> int | None:
    """The first version of `name` with this content."""
    found = store.client.search_model_versions(f"name = '{name}' and tags.`{CONTENT}` = '{content}'")
    return min((int(each.version) for each in found), default=None)


def aliases_of(store: Store, name: str, version: int) -> tuple[str, ...]:
    """The aliases that point to a version, sorted."""
    return tuple(sorted(store.client.get_model_version(name, str(version)).aliases))


def _ensure_registered_model(store: Store, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(name, description=_ABOUT.format(name=name))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _keep_package(
    store: Store, content: str, run_id: str, tags: Mapping[str, str], build: BuildPackage
) -> tuple[Any, str]:
    """Log the package as a model of the run; that model and the package's digest, verified where it now lies."""
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    client = store.client
    logged = client.create_logged_model(
        store.experiment_id,
        name="model",
        source_run_id=run_id,
        tags={**tags, CONTENT: content},
        model_type="classifier",
    )
    with tempfile.TemporaryDirectory(prefix="finetrace-model-") as scratch:
        folder = Path(scratch) / "package"
        mlflow_model = Model(artifact_path="model", model_uuid=logged.model_id, run_id=run_id, model_id=logged.model_id)
        digest = build(folder, mlflow_model)
        client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    verify_package(download(store, logged.artifact_location), digest)
    return logged, digest


def _log_metrics(store: Store, run_id: str, model_id: str, measured: Measured) -> None:
    """On the logged model, with the data: so models that were measured on the same rows are found and compared."""
    from mlflow.entities import Metric

    now, data = time.time_ns() // 1_000_000, (measured.data_name, measured.data_md5)
    metrics = [Metric(name, value, now, 0, model_id, *data, run_id) for name, value in measured.metrics.items()]
    store.client.log_batch(run_id, metrics=metrics)


def _set_aliases(store: Store, name: str, version: int) -> None:
    """challenger: this version, unless it has become the champion since; champion: this version if there is none."""
    champion: ChampionVersion | None = find_version(store, name, "champion")
    settled = _SETTLED in store.client.get_model_version(name, str(version)).tags
    if champion is None:
        store.client.set_registered_model_alias(name, "champion", str(version))
    if not settled or champion is None or champion.version != version:
        store.client.set_registered_model_alias(name, "challenger", str(version))
    if not settled:
        store.client.set_model_version_tag(name, str(version), _SETTLED, "true")
