"""Many registrations at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tasks.lineage.statement import Statement
from tasks.register.version import Measured, register_version
from tasks.tracking import open_store

STATEMENT = Statement({"subject": []})
MEASURED = Measured({}, "data/split/test.parquet", "0" * 32)


def test_many_at_once_make_one_version(workspace) -> None:
    """Faults 20 and 22; the lock is the same for threads and processes."""
    store, made = open_store(workspace.paths), []

    def build(folder: Path, mlflow_model: Any) -> str:
        made.append(folder)
        folder.mkdir()
        return "package"

    def once(_: int) -> int:
        asked = {
            "name": "tiny",
            "content": "c" * 64,
            "run_id": run_id,
            "tags": {},
            "description": "PASS",
            "measured": MEASURED,
        }
        return register_version(
            store, workspace.paths, **asked, build=build, state=lambda package, files: (STATEMENT, {})
        ).version

    run_id = store.client.create_run(store.experiment_id).info.run_id
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as pool:
        patch.setattr("tasks.register.version.verify_package", lambda folder, digest: digest)
        patch.setattr("tasks.register.version.download", lambda store, location: Path())
        assert list(pool.map(once, range(8))) == [1] * 8
    assert len(made) == 1
