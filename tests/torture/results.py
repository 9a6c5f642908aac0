"""39: hostile records where Prefect keeps results."""

import base64
import json
from pathlib import Path

from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.hostile import pickled
from tests.torture.place import Place
from tests.torture.prepared import registered
from tests.torture.workspace import Workspace

NAMES = ("ingest", "retrain", "result", "0" * 32, "ingest-0", "make")


def record(canary: Path, serializer: str) -> bytes:
    """A result as Prefect 3 keeps it, its content a pickle that makes the canary."""
    content = base64.encodebytes(pickled(canary)).decode()
    metadata = {
        "serializer": {"type": serializer},
        "expiration": None,
        "prefect_version": "3.8.8",
        "storage_key": "ingest",
    }
    return json.dumps({"metadata": metadata, "result": content}).encode()


def _plant(workspace: Workspace, canary: Path) -> Path:
    """Put the record under many names, and in the place of whatever lies there."""
    storage = workspace.root / ".finetrace/prefect/storage"
    storage.mkdir(parents=True, exist_ok=True)
    there = [path.name for path in storage.iterdir() if path.is_file()]
    for name in (*NAMES, *there):
        (storage / name).write_bytes(record(canary, "pickle"))
        (storage / f"{name}.metadata").write_bytes(record(canary, "pickle"))
    return storage


def _planted(place: Place) -> Done:
    """A run that must do some work, with Prefect told by the environment to keep and read results as pickles."""
    workspace = registered(place)
    storage = _plant(workspace, place.canary)
    before = {path.name for path in storage.iterdir()}
    asks = {
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "pickle",
        "PREFECT_LOCAL_STORAGE_PATH": str(storage),
    }
    done = workspace.finetrace("run", "--force", "--until", "ingest", extra=asks)
    for path in storage.iterdir():
        is_pickle = path.name not in before and b'"type":"pickle"' in path.read_bytes().replace(b" ", b"")
        require(not is_pickle, f"a result was kept as a pickle: {path.name}")
    return done


CASES: list[Case] = [
    Case(
        39,
        "hostile pickles in Prefect's storage are not read, and none are written, whatever the environment asks",
        0,
        _planted,
    ),
]
