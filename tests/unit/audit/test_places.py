"""Where DVC keeps objects, what git has, what Prefect remembers: read as they are, without those tools' own code."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tasks.audit.disk import unsettled
from tasks.audit.fetching import fetch_objects
from tasks.audit.flow_run import read_flow_run
from tasks.audit.git_code import read_code
from tasks.audit.objects import read_objects
from tasks.audit.recorded import read_yaml, uncached
from tasks.audit.remote import read_remote
from tasks.audit.witnesses import Code, FlowRun, Place, Unreached
from tasks.digest import md5_of_file
from tasks.dvc_store import md5_of
from tasks.paths import Paths
from tests.audited import FLOW_RUN, PREFECT


@pytest.fixture(autouse=True)
def _no_settings_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))


def write(root: Path, name: str, text: str) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return root / name


def test_distant_remote_is_asked_only_if_told_to(tmp_path: Path) -> None:
    write(tmp_path, ".dvc/config", "[core]\n    remote = a\n['remote \"a\"']\n    url = s3://ada:secret@bucket/x\n")
    found = read_remote(tmp_path, ["0" * 32], fetch=False)
    assert isinstance(found, Unreached)
    assert "--remote" in found.why
    assert "secret" not in found.why


def test_objects_are_named_by_what_they_are_called_and_hashed(tmp_path: Path) -> None:
    content = write(tmp_path, "content", "rows")
    md5 = md5_of_file(content)
    listed = json.dumps([{"md5": md5, "relpath": "a/b"}])
    folder = md5_of_file(write(tmp_path, "list", listed)) + ".dir"
    write(tmp_path, f"files/md5/{md5[:2]}/{md5[2:]}", "rowz")
    write(tmp_path, f"files/md5/{folder[:2]}/{folder[2:]}", listed)
    found = read_objects(tmp_path, "here", [folder, "0" * 32, "../../../../etc/passwd"])
    assert found == Place("here", {folder: folder, md5: found.found[md5]}, {folder: {"a/b": md5}})
    assert found.found[md5] != md5


def test_words_of_yaml_1_2_are_words_as_for_dvc() -> None:
    """PyYAML reads `off` as False; DVC writes and reads it as the text that it is."""
    assert read_yaml("validate: {label_errors: off}") == {"validate": {"label_errors": "off"}}
    assert read_yaml("a: [") == read_yaml("- a") == read_yaml("") == {}


def test_outputs_out_of_the_cache_are_known() -> None:
    pipeline = {"stages": {"a": {"outs": ["x", {"y": {"cache": False}}], "metrics": [{"z": {"cache": False}}]}}}
    assert uncached(pipeline) == {"y", "z"}


LOCK = {
    "stages": {
        "split": {
            "deps": [{"path": "rows", "md5": "1"}],
            "params": {"params.yaml": {"split": {"val": 0.1}}},
            "outs": [{"path": "val", "md5": "2"}],
        }
    }
}
AS_KEPT = {"rows": "1", "val": "2"}
PARAMS = {"split": {"val": 0.1}}


def test_workspace_speaks_of_a_stage_whose_inputs_are_as_kept() -> None:
    assert unsettled(LOCK, AS_KEPT, PARAMS, {}) == {}
    assert unsettled(LOCK, {**AS_KEPT, "val": "3"}, PARAMS, {}) == {}  # that output is wrong, and is told so


def test_workspace_does_not_speak_of_what_has_moved_on() -> None:
    assert unsettled(LOCK, {**AS_KEPT, "rows": "9"}, PARAMS, {}) == {"split": "rows changed since"}
    assert unsettled(LOCK, AS_KEPT, {"split": {"val": 0.2}}, {}) == {"split": "params.yaml changed since"}
    moved_on = {"split": "dvc.lock records another run by now"}
    assert unsettled(LOCK, {**AS_KEPT, "val": "3"}, PARAMS, {"split": False}) == moved_on
    assert unsettled(LOCK, AS_KEPT, PARAMS, {"split": True}) == moved_on  # git has it so
    assert unsettled(LOCK, AS_KEPT, PARAMS, {"split": False}) == {}  # files as kept: dvc.lock was edited


def repository(root: Path) -> str:
    """A repository with a committed file and folder; its commit."""
    write(root, "code/a.py", "a\n")
    write(root, "params.yaml", "x: 1\n")
    commands = (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "1"])
    for each in commands:
        subprocess.run(["git", *each], cwd=root, check=True)
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_git_gives_the_commit_with_the_recorded_changes_and_is_not_written_to(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    commit = repository(root)
    write(root, "code/a.py", "b\n")
    diff = subprocess.run(["git", "diff", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout
    expected = md5_of(root / "code")
    write(root, "code/a.py", "something else by now\n")
    objects = sorted((root / ".git" / "objects").rglob("*"))
    found = read_code(root, commit, diff + "# new, content not kept: big.csv\n", ["code"], ["params.yaml"])
    assert found == Code({"code": expected}, {"params.yaml": "x: 1\n"}, ["big.csv"], is_masked=False)
    assert sorted((root / ".git" / "objects").rglob("*")) == objects


def test_commit_or_repository_that_is_not_here_is_out_of_reach(tmp_path: Path) -> None:
    commit = repository(tmp_path / "repository")
    for root, asked, diff in (
        (tmp_path / "repository", "0" * 40, ""),
        (tmp_path, commit, ""),
        (tmp_path / "repository", "", ""),
        (tmp_path / "repository", commit, "diff --git a/none b/none\n--- a/none\n+++ b/none\n@@ -1 +1 @@\n-a\n+***\n"),
    ):
        found = read_code(root, asked, diff, ["code"], [])
        assert isinstance(found, Unreached)
        assert not found.is_broken


def test_flow_run_is_read_from_the_workspaces_own_database(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    assert isinstance(read_flow_run(paths, FLOW_RUN, ""), Unreached)
    (paths.state / "prefect").mkdir(parents=True)
    with closing(sqlite3.connect(paths.state / "prefect" / "prefect.db")) as connection, connection:
        connection.executescript(PREFECT)
        connection.execute("INSERT INTO flow VALUES ('f', 'retrain')")
        connection.execute(
            "INSERT INTO flow_run VALUES (?, 'f', 'COMPLETED', '{\"api_key\": \"s3cret\"}')", (FLOW_RUN,)
        )
        connection.execute(
            "INSERT INTO events VALUES ('prefect.flow-run.Completed', ?)", (f"prefect.flow-run.{FLOW_RUN}",)
        )
        heartbeats = [("prefect.flow-run.heartbeat", f"prefect.flow-run.{FLOW_RUN}")] * 200  # of a long training
        connection.executemany("INSERT INTO events VALUES (?, ?)", heartbeats)
        connection.execute("INSERT INTO events VALUES ('prefect.flow-run.Completed', ?)", (heartbeats[0][1],))
    events = frozenset({"heartbeat", "Completed"})
    expected = FlowRun("retrain", "COMPLETED", {"api_key": "***"}, events, "its database here")
    assert read_flow_run(paths, FLOW_RUN, "") == expected
    assert isinstance(read_flow_run(paths, FLOW_RUN.replace("2", "3"), ""), Unreached)


def test_word_that_is_no_flow_runs_id_is_never_asked_for(tmp_path: Path) -> None:
    found = read_flow_run(Paths(tmp_path), "../../admin", "http://127.0.0.1:9/api")
    assert isinstance(found, Unreached)
    assert found.is_broken


def test_prefect_that_does_not_answer_is_out_of_reach(tmp_path: Path) -> None:
    found = read_flow_run(Paths(tmp_path), FLOW_RUN, "http://ada:secret@127.0.0.1:9/api")
    assert isinstance(found, Unreached)
    assert "secret" not in found.why


def test_changes_of_binary_and_of_large_new_files_are_named_and_the_rest_applies(tmp_path: Path) -> None:
    commit = repository(tmp_path)
    diff = (
        "diff --git a/pic.png b/pic.png\nindex 1..2 100644\nBinary files a/pic.png and b/pic.png differ\n"
        "diff --git a/params.yaml b/params.yaml\n--- a/params.yaml\n+++ b/params.yaml\n@@ -1 +1 @@\n-x: 1\n+x: 2\n"
        "# new, content not kept: data/big.csv\n"
    )
    found = read_code(tmp_path, commit, diff, [], ["params.yaml"])
    assert found == Code({}, {"params.yaml": "x: 2\n"}, ["pic.png", "data/big.csv"], is_masked=False)


def test_pointer_of_git_lfs_is_not_taken_for_the_data(tmp_path: Path) -> None:
    write(tmp_path, "big.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    found = read_code(tmp_path, repository(tmp_path), "", ["big.csv", "code"], [])
    assert isinstance(found, Code)
    assert list(found.found) == ["code"]


def test_objects_are_fetched_from_the_remote_by_dvc(tmp_path: Path) -> None:
    md5 = md5_of_file(write(tmp_path, "content", "rows"))
    write(tmp_path, f"far/files/md5/{md5[:2]}/{md5[2:]}", "rows")
    write(tmp_path, "root/.dvc/config", f"[core]\n    remote = a\n['remote \"a\"']\n    url = {tmp_path / 'far'}\n")
    (tmp_path / "fetched").mkdir()
    assert fetch_objects(tmp_path / "root", [md5], tmp_path / "fetched") == ""
    assert read_objects(tmp_path / "fetched" / "cache", "here", [md5]).found == {md5: md5}


def test_fetching_that_fails_says_why(tmp_path: Path) -> None:
    write(tmp_path, "root/.dvc/config", "[core]\n    remote = none\n")
    (tmp_path / "fetched").mkdir()
    assert "none" in fetch_objects(tmp_path / "root", ["0" * 32], tmp_path / "fetched")
