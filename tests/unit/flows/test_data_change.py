"""When the raw data count as new, and what a clean clone is told of DVC."""

import subprocess
from pathlib import Path

import pytest

from flows.clone.clone_data import local_settings
from flows.data_change import fingerprint, is_new, look_at_remote
from tasks.operations import ScheduleSettings
from tasks.paths import Paths

RAW = "data/raw/rows.csv"


@pytest.mark.parametrize(
    ("reasons", "asked", "new"),
    [
        ([f"{RAW} modified"], "", True),
        ([f"{RAW} new"], "before", True),
        ([f"{RAW} modified"], "now", False),
        ([f"{RAW} deleted"], "", False),
        (["constraints.txt modified", "ingest modified"], "", False),
        ([], "", False),
    ],
    ids=["changed", "never trained on", "asked for already", "gone", "other things changed", "nothing changed"],
)
def test_data_are_new_if_dvc_says_so_and_nobody_was_asked_yet(reasons: list[str], asked: str, new: bool) -> None:
    assert is_new(reasons, RAW, now="now", asked=asked) is new


def test_fingerprint_changes_with_any_file_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a")
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == before
    (tmp_path / "test.csv").write_text("b")
    assert fingerprint(tmp_path) != before


def test_data_on_the_remote_are_new_when_their_content_changes_there(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path / "w", check=True, capture_output=True)

    (tmp_path / "w" / "data").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote")], check=True)
    git("init", "--quiet", "--initial-branch=main")
    git("remote", "add", "origin", str(tmp_path / "remote"))

    def push(name: str, content: str) -> str:
        (tmp_path / "w" / name).write_text(content)
        git("add", ".")
        git("commit", "--quiet", "--message", content)
        git("push", "--quiet", "origin", "main")
        return look_at_remote(Paths(tmp_path / "w"), ScheduleSettings(), "data/rows.csv", asked)[0]

    asked = ""
    asked = first = push("data/rows.csv", "one")
    assert look_at_remote(Paths(tmp_path / "w"), ScheduleSettings(), "data/rows.csv", "")[1] is False  # remembered only
    assert push("params.yaml", "other things") == first
    assert push("data/rows.csv", "two") != first
    assert look_at_remote(Paths(tmp_path / "w"), ScheduleSettings(), "data/rows.csv", first)[1] is True


def test_clone_shares_the_cache_and_finds_folders_that_are_remotes() -> None:
    known = {"core.remote": "s", "remote.s.url": "/data/store", "remote.web.url": "s3://bucket"}
    assert local_settings(known, Path("/w/.dvc/cache")) == {"cache.dir": "/w/.dvc/cache", "remote.s.url": "/data/store"}
