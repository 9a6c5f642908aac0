"""what a card may say of a version: its statement, the reports that the statement names, its entry in the ledger"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.digest import md5_of_file
from tasks.errors import IntegrityError
from tasks.files import read_json
from tasks.lineage.chain import Entry
from tasks.lineage.ledger import read_ledger
from tasks.lineage.statement import Statement
from tasks.paths import Paths
from tasks.stages import STAGES
from tasks.trace.contents import Contents
from tasks.trace.versions import Version
from tasks.tracking.download import download
from tasks.tracking.store import Store


@dataclass(frozen=True)
class Evidence:
    """All that is known of a version; each part verified by its digest."""

    name: str
    number: int
    statement: Statement
    entry: Entry | None
    """The ledger's entry by which it came into being."""
    reports: Mapping[str, Mapping[str, Any]]
    """Stage → its report."""
    digests: Mapping[str, Mapping[str, str]]
    """Stage → md5 and sha256 of its report, as the statement has them."""

    @property
    def lost(self) -> list[str]:
        """Reports that the statement names and that are not reachable."""
        return [stage for stage in STAGES if stage not in self.reports]


def read_evidence(store: Store, paths: Paths, version: Version) -> Evidence:
    """The evidence of a version. A report is taken from wherever the bytes lie that the statement names: the workspace,
    DVC's cache, or the run's artifacts.

    Raises IntegrityError if the statement is not the one recorded, or the ledger was tampered with.
    """
    statement = version.known()
    ledger = read_ledger(store, paths, version.name)
    ledger.refuse_flaws(version.name)
    digests = _digests(statement)
    contents, kept = Contents(paths), _kept_reports(store, version.run_id)
    found = {stage: _find(contents, kept, stage, each["md5"]) for stage, each in digests.items()}
    return Evidence(
        name=version.name,
        number=version.number,
        statement=statement,
        entry=ledger.chain.registered(version.number),
        reports={stage: read_json(file) for stage, file in found.items() if file},
        digests=digests,
    )


def _digests(statement: Statement) -> dict[str, dict[str, str]]:
    names = {f"data/reports/{stage}.json": stage for stage in STAGES}
    outputs = [each for stage in statement.stages for each in stage["outputs"] if each["name"] in names]
    return {names[each["name"]]: dict(each["digest"]) for each in outputs}


def _find(contents: Contents, kept: Path | None, stage: str, md5: str) -> Path | None:
    copy = kept / f"{stage}.json" if kept else None
    if copy and copy.is_file() and md5_of_file(copy) == md5:
        return copy
    return contents.find(f"data/reports/{stage}.json", md5)


def _kept_reports(store: Store, run_id: str) -> Path | None:
    """The reports among the artifacts of the run, None if it has none."""
    from mlflow.exceptions import MlflowException

    try:
        return download(store, f"{store.client.get_run(run_id).info.artifact_uri}/reports")
    except (IntegrityError, MlflowException, OSError):
        return None
