"""What is pushed from a clean clone, with git alone: no DVC remote, no stages."""

import subprocess
from pathlib import Path

import pytest

from flows.clone import clean_clone
from flows.clone.clean_clone import Clone, remote_url
from flows.clone.clone_place import clone_paths
from flows.verbs.retrain_command import lines
from tasks.errors import SetupError
from tasks.paths import Paths


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bare repository with one commit on main."""
    monkeypatch.setattr(clean_clone, "push_data", lambda _paths: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    work = tmp_path / "work"
    work.mkdir()
    _git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    _git(work, "init", "--quiet", "--initial-branch=main")
    (work / "dvc.lock").write_text("old")
    (work / "params.yaml").write_text("")
    _git(work, "add", ".")
    _git(work, "commit", "--quiet", "--message", "start")
    _git(work, "push", "--quiet", str(tmp_path / "remote.git"), "main")
    return tmp_path / "remote.git"


def _cloned(remote: Path, name: str, lock: str) -> Clone:
    """A clone whose run left this dvc.lock."""
    folder = remote.parent / name
    _git(remote.parent, "clone", "--quiet", str(remote), str(folder))
    for key in ("name", "email"):
        _git(folder, "config", f"user.{key}", "finetrace")
    (folder / "dvc.lock").write_text(lock)
    return Clone(Paths(folder), str(remote), f"retrain/{name}", name)


def _branches(remote: Path) -> list[str]:
    return _git(remote, "for-each-ref", "--format=%(refname:short)", "refs/heads/retrain").split()


def test_change_is_pushed_once_and_the_same_again_pushes_no_second_branch(remote: Path) -> None:
    first = _cloned(remote, "one", "new")
    assert first.publish()
    assert first.outcome["branch"] == "retrain/one"
    assert _git(remote, "log", "-1", "--format=%(trailers:key=Prefect-Flow-Run,valueonly)", "retrain/one") == "one"

    same = _cloned(remote, "two", "new")
    assert same.publish()  # the gate is asked again: the first may have been killed before it was
    assert (same.outcome["branch"], same.outcome["new"]) == ("retrain/one", False)
    same.withdraw()  # nothing of its own
    assert _branches(remote) == ["retrain/one"]


def test_nothing_changed_pushes_nothing(remote: Path) -> None:
    clone = _cloned(remote, "one", "old")
    assert not clone.publish()
    assert _branches(remote) == []


def test_refused_model_leaves_no_branch(remote: Path) -> None:
    clone = _cloned(remote, "one", "new")
    clone.publish()
    clone.withdraw()
    assert _branches(remote) == []


def test_clone_of_a_workspace_below_the_top_lies_as_deep(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert clone_paths(Paths(tmp_path / "a" / "b")).root == tmp_path / "a" / "b" / ".finetrace" / "clone" / "a" / "b"


@pytest.mark.parametrize("url", ["../elsewhere", "https://example.org/x.git"], ids=["folder", "address"])
def test_remote_that_is_a_folder_is_told_from_the_top_of_the_repository(tmp_path: Path, url: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    top = tmp_path / "repository"
    (top / "deep").mkdir(parents=True)
    _git(top, "init", "--quiet")
    _git(top, "remote", "add", "origin", url)
    due = str(tmp_path / "elsewhere") if url.startswith("..") else url
    assert remote_url(Paths(top / "deep"), "origin") == due


def test_missing_remote_is_told_with_the_setting(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    with pytest.raises(SetupError, match=r"no remote 'origin'.*schedule\.remote"):
        remote_url(Paths(tmp_path), "origin")


def test_person_is_told_what_came_of_it() -> None:
    assert lines({"changed": False}) == ["Nothing has changed: no commit, no version."]
    told = lines({"changed": True, "branch": "retrain/1", "new": True, "verdict": {"line": "v2 PASS"}})
    assert told == ["Verdict  v2 PASS", "Branch   retrain/1"]
