import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tasks.errors import SetupError
from tasks.paths import Paths
from tasks.tracking import init_store, open_store, registry_uri, store_lock, tracking_uri

INIT = "import sys; from pathlib import Path; from tasks.paths import Paths; from tasks.tracking import init_store; "


def test_the_store_lies_in_the_workspace_by_default(paths: Paths) -> None:
    assert tracking_uri(paths) == f"sqlite:///{paths.root.resolve()}/mlflow.db"
    assert registry_uri(paths) == tracking_uri(paths)


def test_mlflows_own_variables_are_respected(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://registry")
    assert (tracking_uri(paths), registry_uri(paths)) == ("http://tracking", "http://registry")


def test_the_experiments_name_can_be_set(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    store = open_store(paths)
    made = store.client.get_experiment(store.experiment_id)
    assert (made.name, made.artifact_location) == ("mine", (paths.root / "mlartifacts").as_uri())


def test_processes_that_start_at_once_make_one_store(tmp_path: Path) -> None:
    """Fault 21: without the lock all but one crash while the tables are made."""
    command = [sys.executable, "-c", INIT + "init_store(Paths(Path(sys.argv[1])))", str(tmp_path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [each.communicate()[1] for each in running]
    assert [each.returncode for each in running] == [0, 0], told
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        names = connection.execute("SELECT name FROM experiments ORDER BY name").fetchall()
    assert names == [("Default",), ("finetrace",)]


def test_only_the_owner_may_read_the_store(template_store: Path) -> None:
    """Fault 46, whatever the umask."""
    assert stat.S_IMODE(template_store.stat().st_mode) == 0o600
    assert stat.S_IMODE((template_store.parent / "mlartifacts").stat().st_mode) == 0o700


def test_an_unreachable_server_is_told_without_its_password(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:canary@127.0.0.1:9")
    with pytest.raises(SetupError, match=r"127\.0\.0\.1:9") as caught:
        init_store(paths)
    assert "canary" not in str(caught.value)


def test_a_broken_database_is_told(paths: Paths) -> None:
    (paths.root / "mlflow.db").write_bytes(
        b"this is no database, but it is long enough to look like a file of one" * 20
    )
    with pytest.raises(SetupError, match=r"mlflow\.db cannot be used: file is not a database"):
        init_store(paths)


def test_only_the_owner_may_read_the_locks(template_store: Path) -> None:
    state = template_store.parent / ".finetrace"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (state, state / "locks")}
    assert modes == {0o700}


def test_a_clone_of_a_workspace_shares_the_locks_of_its_store(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.state.mkdir()
    own = store_lock(paths, "runs").lock_file
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri(paths))
    assert store_lock(Paths(paths.state / "clone"), "runs").lock_file == own
