"""When the raw data count as new, and what a clean clone is told of DVC."""

from pathlib import Path

import pytest

from flows.clone_data import local_settings
from flows.data_change import fingerprint, is_new

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


def test_clone_shares_the_cache_and_finds_folders_that_are_remotes() -> None:
    known = {"core.remote": "s", "remote.s.url": "/data/store", "remote.web.url": "s3://bucket"}
    assert local_settings(known, Path("/w")) == {"cache.dir": "/w/.dvc/cache", "remote.s.url": "/data/store"}
    assert local_settings({"cache.dir": "/shared"}, Path("/w")) == {"cache.dir": "/shared"}
