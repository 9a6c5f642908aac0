"""A version of the registered model, made once for each content."""

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.errors import ChampionMovedError
from tasks.lineage.actor import actor
from tasks.lineage.chain import Chain, Head
from tasks.lineage.kept import STATEMENT_TAG, keep_statement, kept_folder
from tasks.lineage.ledger import append, read_anchor, read_ledger, refuse_bad_signatures, set_anchor
from tasks.lineage.picture import PICTURE_FILE
from tasks.lineage.statement import Statement
from tasks.model.manifest import read_manifest
from tasks.paths import Paths
from tasks.register.champion import PACKAGE_DIGEST, find_version
from tasks.register.package import MANIFEST, verify_package
from tasks.tracking import Store, store_lock
from tasks.tracking.download import download

CONTENT = "finetrace.content"
_SETTLED = "finetrace.settled"
_MAX_DESCRIPTION = 4_900
"""MLflow keeps 5,000."""
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
MakeStatement = Callable[[str, Mapping[str, str]], tuple[Statement, Mapping[str, str]]]
"""(the package's digest, each file's sha256) → the statement, and the files kept beside it."""


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
    state: MakeStatement,
) -> Registered:
    """The version of `name` with this content, made if there is none; however many processes ask at once.

    Its files are verified where they lie, and its statement is kept, before the version exists; then it is entered in
    the ledger. Raises IntegrityError.
    """
    with store_lock(paths, "register"):
        ledger = read_ledger(store, paths, name)
        ledger.refuse_flaws(name)  # before there is a model: was an earlier one deleted?
        refuse_bad_signatures(ledger, paths, name)
        _ensure_registered_model(store, name)
        version = find_content(store, name, content)
        created = version is None
        if version is None:
            logged, digest, files = _keep_package(store, content, run_id, tags, build)
            statement, kept = state(digest, files)
            keep_statement(store, run_id, statement, kept)
            _log_metrics(store, run_id, logged.model_id, measured)
            made = store.client.create_model_version(
                name,
                source=logged.artifact_location,  # models:/<id> would be looked up in MLflow's ambient store
                run_id=run_id,
                model_id=logged.model_id,
                description=with_picture(description, run_id, statement.digest),
                tags={**tags, CONTENT: content, PACKAGE_DIGEST: digest, STATEMENT_TAG: statement.digest},
            )
            version = int(made.version)
            told = json.dumps([{"name": name, "version": str(version)}])  # MLflow's page of the model links to it
            store.client.set_logged_model_tags(logged.model_id, {"mlflow.modelVersions": told})
        chain = _enter(store, paths, name, version)
        _set_aliases(store, name, version, chain)
        return Registered(version, aliases_of(store, name, version), created)


def find_content(store: Store, name: str, content: str) -> int | None:
    """The first version of `name` with this content."""
    found = store.client.search_model_versions(f"name = '{name}' and tags.`{CONTENT}` = '{content}'")
    return min((int(each.version) for each in found), default=None)


def with_picture(description: str, run_id: str, statement: str) -> str:
    """A version's description with the picture of its lineage below verdict and links: MLflow's page shows what its
    server hands out."""
    verdict, _, rest = description.partition("\n\n")
    links, _, tables = rest.partition("\n\n")
    picture = f"![lineage](get-artifact?path={kept_folder(statement)}/{PICTURE_FILE}&run_uuid={run_id})"
    return "\n\n".join(part for part in (verdict, links, picture, tables) if part)[:_MAX_DESCRIPTION]


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
) -> tuple[Any, str, dict[str, str]]:
    """Log the package as a model of the run; that model, the package's digest and its files, as they now lie."""
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
        files = read_manifest(folder / MANIFEST)["files"] if (folder / MANIFEST).exists() else {}
        client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    verify_package(download(store, logged.artifact_location), digest)
    return logged, digest, files


def _log_metrics(store: Store, run_id: str, model_id: str, measured: Measured) -> None:
    """On the logged model, with the data: so models that were measured on the same rows are found and compared."""
    from mlflow.entities import Metric

    now, data = time.time_ns() // 1_000_000, (measured.data_name, measured.data_md5)
    metrics = [Metric(name, value, now, 0, model_id, *data, run_id) for name, value in measured.metrics.items()]
    store.client.log_batch(run_id, metrics=metrics)


def _enter(store: Store, paths: Paths, name: str, version: int) -> Chain:
    """The ledger with this version's entry, written if there is none: the first version becomes the champion."""
    while True:
        chain = read_ledger(store, paths, name).chain
        if chain.registered(version) is not None:
            return chain
        current = find_version(store, name, "champion") if chain.head.seq == 0 else None
        before = current.version if current else chain.champion  # an alias older than the ledger is taken as it is
        tags = store.client.get_model_version(name, str(version)).tags
        with suppress(ChampionMovedError):  # another machine was quicker: once more, after its entry
            append(
                store,
                paths,
                name,
                expected=chain.head,
                action="register",
                version=version,
                before=before,
                after=before or version,
                by=actor(paths.root),
                via="register",
                reason="" if before else "there was no champion" if chain.entries else "the first version",
                evidence={key: tags[key] for key in (STATEMENT_TAG, PACKAGE_DIGEST) if key in tags},
            )


def _is_unwanted(chain: Chain, version: int) -> bool:
    """Whether it was recalled, or rejected last: the same training once more does not make it challenge again."""
    actions = [each.action for each in chain.about(version) if each.action in ("recall", "reject", "promote")]
    return "recall" in actions or actions[-1:] == ["reject"]


def _set_aliases(store: Store, name: str, version: int, chain: Chain) -> None:
    """champion: as the ledger says, if there is none; challenger: this version, unless it is the champion by now."""
    champion = find_version(store, name, "champion")
    settled = _SETTLED in store.client.get_model_version(name, str(version)).tags
    if champion is None and chain.champion is not None:
        store.client.set_registered_model_alias(name, "champion", str(chain.champion))
    if not _is_unwanted(chain, version) and (not settled or champion is None or champion.version != version):
        store.client.set_registered_model_alias(name, "challenger", str(version))
    if not settled:
        store.client.set_model_version_tag(name, str(version), _SETTLED, "true")
    if read_anchor(store, name) == Head(chain.head.seq - 1, chain.entries[-1].previous):
        set_anchor(store, name, chain.head)
