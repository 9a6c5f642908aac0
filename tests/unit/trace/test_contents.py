from pathlib import Path

from tasks.digest import md5_of_file
from tasks.paths import Paths
from tasks.trace.contents import Contents


def store_file(folder: Path, content: str, named_by: str | None = None) -> str:
    """A file in a store of DVC's kind; the md5 that it is named by."""
    scratch = folder.parent / "scratch"
    scratch.parent.mkdir(parents=True, exist_ok=True)
    scratch.write_text(content if named_by is None else named_by)
    md5 = md5_of_file(scratch)
    place = folder / "files" / "md5" / md5[:2] / md5[2:]
    place.parent.mkdir(parents=True)
    place.write_text(content)
    return md5


def test_a_file_is_found_where_it_lies_in_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a")
    md5 = md5_of_file(tmp_path / "rows.csv")
    assert Contents(Paths(tmp_path)).find("rows.csv", md5) == tmp_path / "rows.csv"


def test_an_older_content_is_found_in_the_cache_and_not_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("new")
    md5 = store_file(tmp_path / ".dvc" / "cache", "old")
    found = Contents(Paths(tmp_path)).find("rows.csv", md5)
    assert found is not None and found.read_text() == "old"


def test_a_cache_elsewhere_and_a_remote_on_this_disk_are_looked_at(tmp_path: Path) -> None:
    one, other = tmp_path / "ws" / "elsewhere", tmp_path / "remote"
    (tmp_path / "ws" / ".dvc").mkdir(parents=True)
    config = (
        f"[cache]\n    dir = ../elsewhere\n['remote \"r\"']\n    url = {other}\n['remote \"s\"']\n    url = s3://b\n"
    )
    (tmp_path / "ws" / ".dvc" / "config").write_text(config)
    contents = Contents(Paths(tmp_path / "ws"))
    assert all(contents.find("x", md5) for md5 in (store_file(one, "a"), store_file(other, "b")))


def test_bytes_that_are_not_their_name_are_not_found(tmp_path: Path) -> None:
    md5 = store_file(tmp_path / ".dvc" / "cache", "tampered", named_by="as it was")
    assert Contents(Paths(tmp_path)).find("rows.csv", md5) is None


def test_a_file_is_found_inside_a_folder_by_the_list_of_it(tmp_path: Path) -> None:
    cache = tmp_path / ".dvc" / "cache"
    md5 = store_file(cache, "inside")
    listed = store_file(cache, f'[{{"md5": "{md5}", "relpath": "a/b.parquet"}}]')
    place = cache / "files" / "md5" / listed[:2] / listed[2:]
    place.rename(place.with_name(f"{place.name}.dir"))
    contents = Contents(Paths(tmp_path))
    found = contents.find_inside("data/folder", f"{listed}.dir", "a/b.parquet")
    assert found is not None and found.read_text() == "inside"
    assert contents.find_inside("data/folder", f"{listed}.dir", "c") is None


def test_what_is_no_md5_is_never_looked_for(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a")
    assert Contents(Paths(tmp_path)).find("x", "../../x") is None
    assert Contents(Paths(tmp_path)).find("x", "") is None
