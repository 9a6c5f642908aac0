"""a version's name → everything that can speak of it, read"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.audit.disk import read_disk
from tasks.audit.flow_run import read_flow_run
from tasks.audit.git_code import read_code
from tasks.audit.objects import read_objects
from tasks.audit.package_files import first_line, read_package
from tasks.audit.recorded import read_yaml, sources, uncached
from tasks.audit.remote import read_remote
from tasks.audit.witnesses import Made, Place, Registered, Run, Unreached, Witnesses
from tasks.config import load_config
from tasks.dvc_store import cache_folder, outputs
from tasks.errors import FinetraceError, IntegrityError
from tasks.lineage.kept import STATEMENT_TAG, read_statement
from tasks.lineage.keys import trusted_keys
from tasks.lineage.ledger import Ledger, read_ledger
from tasks.paths import Paths
from tasks.tracking.reach import writing_trouble
from tasks.tracking.store import Store

KEPT = ("params.yaml", "dvc.yaml", "dvc.lock", "constraints.txt")
"""Files beside a statement that git has too."""


@dataclass(frozen=True)
class Asked:
    """What the audit is to do beyond looking."""

    prefect_api: str = ""
    """Address of a running Prefect server, ends in /api; "": look into the workspace's own database."""
    fetch: bool = False
    """Fetch from a remote that is no folder here."""
    require_signature: bool = False
    """What is not signed by a trusted key is broken."""


def gather(
    store: Store, paths: Paths, name: str, version: int, asked: Asked, ledger: Ledger | None = None
) -> Witnesses:
    """Everything that can speak of a version. ledger: as read before, if it was."""
    found = store.client.get_model_version(name, str(version))
    made = _read_made(store, found)
    lock, diff, commit = _recorded(made)
    wanted = [*sources(lock), *_uncached(made)]
    params = {} if isinstance(made, Unreached) else _parsed(made, "params.yaml")
    return Witnesses(
        registered=_registered(store, found),
        made=made,
        package=read_package(store, name, version),
        run=_read_run(store, found.run_id, made),
        ledger=ledger or read_ledger(store, paths, name),
        trusted=trusted_keys(paths),
        cache=_read_cache(paths, lock, made),
        remote=read_remote(paths.root, wanted_objects(lock, made), fetch=asked.fetch),
        disk=read_disk(paths, lock, _bytes(made)) if lock else _no_lock(),
        base=_read_base(paths, made),
        code=read_code(paths.root, commit, diff, wanted, KEPT) if commit else Unreached("no commit is recorded"),
        flow_run=_read_flow_run(paths, made, asked.prefect_api),
        lock=lock,
        params=params,
        uncached=frozenset(_uncached(made)),
        require_signature=asked.require_signature,
    )


def wanted_objects(lock: Any, made: Made | Unreached) -> list[str]:
    """md5 of everything of a version that DVC may keep: what stages made, and the data as given."""
    skipped = _uncached(made)
    raw = [str(each.get("digest", {}).get("md5", "")) for each in _data(made)]
    return [*dict.fromkeys([*(md5 for path, md5 in outputs(lock).items() if path not in skipped), *raw])]


def _registered(store: Store, found: Any) -> Registered:
    champion = store.client.get_registered_model(found.name).aliases.get("champion")
    holder = store.client.get_model_version(found.name, str(champion)) if champion else None
    return Registered(
        name=found.name,
        version=int(found.version),
        tags=dict(found.tags),
        run_id=str(found.run_id or ""),
        champion=int(champion) if champion else None,
        champion_says=holder.tags.get("promotion", "") if holder else "",
    )


def _read_made(store: Store, found: Any) -> Made | Unreached:
    if not found.tags.get(STATEMENT_TAG):
        return Unreached("the version names no statement")
    try:
        kept = read_statement(store, found)
        files = {each.relative_to(kept.folder).as_posix(): each.read_bytes() for each in _below(kept.folder)}
        return Made(kept.statement, files, kept.signatures)
    except (IntegrityError, OSError, ValueError) as error:
        return Unreached(first_line(error), is_broken=True)
    except writing_trouble() as error:
        return Unreached(
            f"its run is not there, or the store does not hand it out ({first_line(error)})", is_broken=True
        )


def _below(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def _recorded(made: Made | Unreached) -> tuple[dict[str, Any], str, str]:
    """The kept dvc.lock, the changes to the code, and the commit."""
    if isinstance(made, Unreached):
        return {}, "", ""
    diff = made.files.get("dirty.diff", b"").decode("utf-8", "replace")
    return _parsed(made, "dvc.lock"), diff, made.statement.commit


def _parsed(made: Made, file: str) -> dict[str, Any]:
    """A kept YAML file's content; {} if there is none or it is broken: its digest tells that elsewhere."""
    return read_yaml(made.files.get(file, b""))


def _bytes(made: Made | Unreached) -> bytes:
    return b"" if isinstance(made, Unreached) else made.files.get("dvc.lock", b"")


def _uncached(made: Made | Unreached) -> set[str]:
    return set() if isinstance(made, Unreached) else uncached(_parsed(made, "dvc.yaml"))


def _data(made: Made | Unreached) -> list[dict[str, Any]]:
    found = {} if isinstance(made, Unreached) else made.statement.materials
    return [each for each in found.values() if "context" in (each.get("annotations") or {})]


def _read_run(store: Store, run_id: str, made: Made | Unreached) -> Run | Unreached:
    if not run_id:
        return Unreached("the version names no run", is_broken=True)
    try:
        found = store.client.get_run(run_id)
        metrics = _read_metrics(store, found, made)
    except writing_trouble() as error:
        return Unreached(
            first_line(error), is_broken="RESOURCE_DOES_NOT_EXIST" in str(getattr(error, "error_code", ""))
        )
    inputs = [
        (
            each.dataset.name,
            each.dataset.digest,
            next((t.value for t in each.tags if t.key == "mlflow.data.context"), ""),
        )
        for each in found.inputs.dataset_inputs
    ]
    return Run(dict(found.data.tags), inputs, metrics, found.info.lifecycle_stage == "deleted")


def _read_metrics(store: Store, run: Any, made: Made | Unreached) -> dict[str, tuple[float, ...]]:
    """As Run.metrics has them."""
    names = [] if isinstance(made, Unreached) else made.statement.results.get("metrics", {})
    known = [name for name in names if name in run.data.metrics]
    logged = {name: store.client.get_metric_history(run.info.run_id, name) for name in known}
    return {name: (run.data.metrics[name], *(each.value for each in logged[name])) for name in known}


def _read_cache(paths: Paths, lock: Any, made: Made | Unreached) -> Place | Unreached:
    folder = cache_folder(paths.root)
    if not folder.is_dir():
        return Unreached(f"this workspace has no DVC cache ({folder})")
    return read_objects(folder, "the DVC cache", wanted_objects(lock, made))


def _no_lock() -> Unreached:
    return Unreached("no dvc.lock was kept with the version")


def _read_base(paths: Paths, made: Made | Unreached) -> str | Unreached:
    """The digest of the base's weights, looked for where the version's settings say."""
    from pydantic import TypeAdapter

    from tasks.model.base import find_base
    from tasks.model.settings import BaseSettings

    if isinstance(made, Unreached):
        return Unreached("no statement says which it was")
    said = made.statement.materials.get("base", {}).get("digest", {}).get("sha256", "")
    try:
        base = TypeAdapter(BaseSettings).validate_python(made.statement.settings.get("base"))
        find_base(base, paths.root)
        return base.sha256 if base.sha256 == said else Unreached("settings and statement name two", is_broken=True)
    except IntegrityError as error:
        return Unreached(first_line(error), is_broken=_still_claims(paths, said))
    except (FinetraceError, ValueError, OSError) as error:
        return Unreached(first_line(error))


def _still_claims(paths: Paths, sha256: str) -> bool:
    """Whether the workspace still says that its base is this one."""
    try:
        return load_config(paths.params).base.sha256 == sha256
    except FinetraceError:
        return False


def _read_flow_run(paths: Paths, made: Made | Unreached, api: str) -> Any:
    if isinstance(made, Unreached):
        return Unreached("no statement says which it was")
    return read_flow_run(paths, str(made.statement.invocation.get("prefect_flow_run", "")), api)
