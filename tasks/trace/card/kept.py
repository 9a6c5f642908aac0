"""Where a version's card is kept: beside its statement, in the artifacts of its run"""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.errors import DataError, FinetraceError
from tasks.lineage.kept import kept_folder
from tasks.paths import Paths
from tasks.trace.card.evidence import read_evidence
from tasks.trace.card.make import make_card
from tasks.trace.versions import Version, read_version
from tasks.tracking.store import Store, open_store, reporting

CARD_FILE = "model_card.md"
_log = logging.getLogger(__name__)


def keep_card(store: Store, version: Version, text: str) -> str:
    """Put a card beside the statement of its version; its place among the run's artifacts."""
    folder = kept_folder(version.known().digest)
    with tempfile.TemporaryDirectory(prefix="finetrace-card-") as name:
        file = Path(name) / CARD_FILE
        file.write_text(text, encoding="utf-8", newline="")
        store.client.log_artifact(version.run_id, str(file), folder)
    return f"{folder}/{CARD_FILE}"


def read_kept_card(version: Version) -> str:
    """The card kept with a version. Raises DataError if there is none."""
    version.known()
    file = (version.folder or Path()) / CARD_FILE
    try:
        return file.read_bytes().decode()
    except (OSError, ValueError):
        raise DataError(
            f"no card is kept with {version.shown}. Keep one: finetrace card {version.number} --keep"
        ) from None


def keep_card_of(paths: Paths, verdict: Mapping[str, Any]) -> None:
    """Keep the card of a version that was registered just now. That it cannot be made is told and stops nothing: the
    version is there, and `finetrace card --keep` makes up for it."""
    if not verdict.get("created"):
        return
    store = open_store(paths)
    try:
        with reporting(store.registry_uri):
            version = read_version(store, str(verdict["name"]), str(verdict["version"]))
            keep_card(store, version, make_card(read_evidence(store, paths, version)))
    except FinetraceError as error:
        _log.warning("no model card was kept: %s", error)
