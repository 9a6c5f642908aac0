"""Where a version's card is kept: in the artifacts of its run, in a folder named by the statement's digest

Not beside the statement: what lies there is sealed by it, and the audit lets nothing be added.
"""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.errors import DataError, FinetraceError, IntegrityError
from tasks.paths import Paths
from tasks.trace.card.evidence import read_evidence
from tasks.trace.card.make import make_card
from tasks.trace.versions import Version, read_version
from tasks.tracking.download import download
from tasks.tracking.store import Store, open_store, reporting

CARD_FILE = "model_card.md"
_log = logging.getLogger(__name__)


def keep_card(store: Store, version: Version, text: str) -> str:
    """Put a card into the run of its version; its place among the run's artifacts."""
    folder = card_folder(version)
    with tempfile.TemporaryDirectory(prefix="finetrace-card-") as name:
        file = Path(name) / CARD_FILE
        file.write_text(text, encoding="utf-8", newline="")
        store.client.log_artifact(version.run_id, str(file), folder)
    return f"{folder}/{CARD_FILE}"


def read_kept_card(store: Store, version: Version) -> str:
    """The card kept with a version. Raises DataError if there is none."""
    root = store.client.get_run(version.run_id).info.artifact_uri
    try:
        return (download(store, f"{root}/{card_folder(version)}") / CARD_FILE).read_bytes().decode()
    except (IntegrityError, OSError, ValueError):
        hint = f"Keep one: finetrace card {version.number} --keep"
        raise DataError(f"no card is kept with {version.shown}. {hint}") from None


def card_folder(version: Version) -> str:
    """The folder of a version's card below its run's artifacts."""
    return f"cards/{version.known().digest[:16]}"


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
