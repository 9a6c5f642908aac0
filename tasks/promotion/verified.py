"""A version → its files, once tag, statement, ledger and bytes agree on what they are"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError
from tasks.lineage.chain import Chain
from tasks.lineage.kept import STATEMENT_TAG, KeptStatement, read_statement
from tasks.lineage.keys import trusted_keys
from tasks.lineage.signature import STATEMENT, signers
from tasks.lineage.statement import Statement
from tasks.model.manifest import read_manifest
from tasks.paths import Paths
from tasks.register.champion import PACKAGE_DIGEST
from tasks.register.package import MANIFEST, verify_package
from tasks.tracking import Store
from tasks.tracking.download import download


@dataclass(frozen=True)
class Verified:
    """A version whose every byte was checked just now."""

    number: int
    run_id: str
    folder: Path
    """Its files, in place or as a copy."""
    statement: Statement
    package: str
    """The digest of its files."""
    files: int
    megabytes: float

    @property
    def evidence(self) -> dict[str, str]:
        """What an entry about it rests on."""
        return {PACKAGE_DIGEST: self.package, STATEMENT_TAG: self.statement.digest}


def verify_version(store: Store, paths: Paths, version: Any, chain: Chain) -> Verified:
    """The version (an MLflow ModelVersion), every byte checked against its tag, its statement and the ledger.

    Raises IntegrityError if one of them is missing or says otherwise.
    """
    name, number = version.name, int(version.version)
    package = version.tags.get(PACKAGE_DIGEST, "")
    if not package:
        raise IntegrityError(f"v{number} of {name} has no tag {PACKAGE_DIGEST}: finetrace did not register it.")
    _check_entry(version, chain)
    kept = read_statement(store, version)
    folder = download(store, f"models:/{name}/{number}")
    verify_package(folder, package)
    files = read_manifest(folder / MANIFEST)["files"]
    model = kept.statement.model
    if (model.get("name"), model.get("package"), kept.statement.subject) != (name, package, files):
        raise IntegrityError(f"v{number} of {name}: its statement is about other files than those that it holds.")
    _check_signatures(paths, number, kept, _signatures_of(chain, number))
    megabytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    return Verified(number, version.run_id, folder, kept.statement, package, len(files), megabytes)


def _check_entry(version: Any, chain: Chain) -> None:
    entry = chain.registered(int(version.version))
    if entry is None:
        raise IntegrityError(
            f"v{version.version} of {version.name} is not in the ledger: finetrace did not register it. "
            "Register its model from its workspace: finetrace run"
        )
    for key in (PACKAGE_DIGEST, STATEMENT_TAG):
        if entry.evidence.get(key, "") != version.tags.get(key, ""):
            raise IntegrityError(
                f"v{version.version} of {version.name}: its tag {key} is not what the ledger says since it was "
                "registered. Do not use it; see: finetrace audit"
            )


def _signatures_of(chain: Chain, number: int) -> str:
    """What the ledger's line of its registration is signed with."""
    known = zip(chain.entries, chain.lines, strict=False)  # an entry written just now has no line yet
    return next((line.signatures for each, line in known if (each.action, each.version) == ("register", number)), "")


def _check_signatures(paths: Paths, number: int, kept: KeptStatement, of_entry: str) -> None:
    """A statement that carries signatures, or whose entry does, must carry good ones, where any are trusted at all."""
    trusted = trusted_keys(paths)
    _, complaints = signers(kept.statement.text, STATEMENT, kept.signatures, trusted) if trusted else ([], [])
    if trusted and of_entry and not kept.signatures:
        complaints = ["its signature is gone: its line in the ledger, made with it, is signed"]
    if complaints:
        raise IntegrityError(f"the statement of v{number}: {'; '.join(complaints)}.")
