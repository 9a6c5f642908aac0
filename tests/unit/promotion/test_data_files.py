"""Where test rows are looked for."""

import shutil
from pathlib import Path

import pytest

from tasks.digest import md5_of_file
from tasks.paths import Paths
from tasks.promotion.data_files import find_data


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(tmp_path)
    for folder in (made.test.parent, tmp_path / ".dvc"):
        folder.mkdir(parents=True)
    made.test.write_text("the rows")
    return made


def move_to_cache(paths: Paths, cache: Path) -> Path:
    md5 = md5_of_file(paths.test)
    place = cache / "files" / "md5" / md5[:2] / md5[2:]
    place.parent.mkdir(parents=True)
    return Path(shutil.move(paths.test, place))


def test_they_are_found_in_the_workspace_by_their_md5(paths: Paths) -> None:
    md5 = md5_of_file(paths.test)
    assert find_data(paths, "data/split/test.parquet", md5) == paths.test
    paths.test.write_text("other rows")
    assert find_data(paths, "data/split/test.parquet", md5) is None


@pytest.mark.parametrize("settings", ["", "[cache]\n    dir = ../shared\n['remote \"x\"']\n    url = /y\n"])
def test_else_in_the_cache_that_dvc_has_or_is_told_to_have(paths: Paths, settings: str) -> None:
    (paths.root / ".dvc" / "config").write_text(settings)
    md5 = md5_of_file(paths.test)
    place = move_to_cache(paths, paths.root / ("shared" if settings else ".dvc/cache"))
    found = find_data(paths, "data/split/test.parquet", md5)
    assert found is not None
    assert found.samefile(place)


def test_a_cache_object_with_other_bytes_is_not_taken(paths: Paths) -> None:
    md5 = md5_of_file(paths.test)
    move_to_cache(paths, paths.root / ".dvc/cache").write_text("poison")
    assert find_data(paths, "data/split/test.parquet", md5) is None


@pytest.mark.parametrize(("name", "md5"), [("", ""), ("data/split/test.parquet", ""), ("", "a" * 32)])
def test_what_the_statement_does_not_name_is_not_found(paths: Paths, name: str, md5: str) -> None:
    assert find_data(paths, name, md5) is None
