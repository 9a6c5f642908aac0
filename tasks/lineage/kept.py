"""Where a statement lies: in the artifacts of its training's run, in a folder named by its digest"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError
from tasks.lineage.keys import key_file, read_key
from tasks.lineage.signature import STATEMENT, sign
from tasks.lineage.statement import Statement, parse_statement
from tasks.tracking.download import download
from tasks.tracking.store import Store

STATEMENT_TAG = "finetrace.statement"
"""Tag of a version: its statement's sha256."""
STATEMENT_FILE, SIGNATURES_FILE = "statement.json", "signature.json"


def kept_folder(digest: str) -> str:
    """The folder of a statement below its run's artifacts."""
    return f"lineage/{digest[:16]}"


def keep_statement(store: Store, run_id: str, statement: Statement, files: Mapping[str, str]) -> None:
    """Put the statement, its signature if a key is set up, and the files that it names beside it, into the run."""
    signatures = sign(statement.text, STATEMENT, read_key(key_file()))
    written = {STATEMENT_FILE: statement.text, **files} | ({SIGNATURES_FILE: signatures} if signatures else {})
    with tempfile.TemporaryDirectory(prefix="finetrace-lineage-") as name:
        for file, text in written.items():
            (Path(name) / file).write_text(text, encoding="utf-8", newline="")
        store.client.log_artifacts(run_id, name, kept_folder(statement.digest))


@dataclass(frozen=True)
class KeptStatement:
    """A version's statement, its signatures, and the folder that holds both and the files kept beside them."""

    statement: Statement
    signatures: str
    folder: Path


def read_statement(store: Store, version: Any) -> KeptStatement:
    """The statement of a version (an MLflow ModelVersion), which must be the one that its tag names.

    Raises IntegrityError if the version names none, or its bytes are not those.
    """
    digest = version.tags.get(STATEMENT_TAG, "")
    if not digest:
        raise IntegrityError(
            f"version {version.version} of {version.name} has no tag {STATEMENT_TAG}: nothing is known of it."
        )
    if not version.run_id:
        raise IntegrityError(f"version {version.version} of {version.name} names no run: its statement lies with one.")
    folder = lineage_folder(store, version.run_id, digest)
    try:
        text = (folder / STATEMENT_FILE).read_bytes().decode()
    except (OSError, ValueError) as error:
        raise IntegrityError(f"{folder / STATEMENT_FILE} cannot be read ({error}).") from None
    file = folder / SIGNATURES_FILE  # bytes that are no text are no signature, which is told where they are judged
    signatures = file.read_text(encoding="utf-8", errors="replace") or "?" if file.exists() else ""
    return KeptStatement(parse_statement(text, digest), signatures, folder)


def lineage_folder(store: Store, run_id: str, digest: str) -> Path:
    """The folder of a statement, in place or as a copy. Raises IntegrityError if it is not there."""
    root = store.client.get_run(run_id).info.artifact_uri
    return download(store, f"{root}/{kept_folder(digest)}")
