"""A file is there whole, or not at all."""

from pathlib import Path

import pytest

from tasks.files import read_json, replacing, write_json


def test_an_error_half_way_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "rows"
    target.write_text("old")
    with pytest.raises(RuntimeError), replacing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
    assert target.read_text() == "old"


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "stale").touch()
    with replacing(target) as temporary:
        temporary.mkdir()
        (temporary / "fresh").touch()
    assert [path.name for path in target.iterdir()] == ["fresh"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_json_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert not (tmp_path / "x.json").exists()


def test_json_comes_back_as_it_was(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": [1, 2.5], "a": "é"})
    assert read_json(tmp_path / "x.json") == {"a": "é", "b": [1, 2.5]}
