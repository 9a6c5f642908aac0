"""`finetrace data add`: read first, then copied, tracked and pointed at; or nothing at all."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.verbs.add_data import edited_params
from tasks.config import load_config
from tasks.errors import SetupError
from tasks.ingest.stage import run as ingest
from tasks.paths import Paths

Command = Callable[..., int]
TEXT = """# top
ingest:
  path: old.csv   # the file
  sha256: ab      # of it
split: {val: 0.2}
"""


def write_file(file: Path, text: str = "message,label\nhello,a\nbye,b\n") -> Path:
    file.write_text(text)
    return file


def test_edit_keeps_comments_order_and_other_sections() -> None:
    edited = edited_params(TEXT, {"path": "new.csv", "sha256": None})
    assert edited == "# top\ningest:\n  path: new.csv   # the file\nsplit: {val: 0.2}\n"


def test_path_that_looks_like_yaml_is_written_so_that_it_is_read_back_as_text(paths: Paths) -> None:
    for hostile in ("a: b # c", "{x}", "007", "- x", "'q\"", "${base.id}"):
        paths.params.write_text(edited_params(paths.params.read_text(), {"path": hostile}))
        assert load_config(paths.params).ingest.path == hostile


def test_file_is_copied_tracked_and_pointed_at(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "reviews.csv")
    assert finetrace("data", "add", str(source)) == 0
    copy = paths.data / "raw" / "reviews.csv"
    assert copy.read_bytes() == source.read_bytes()
    assert tracked == [copy]
    read = load_config(paths.params).ingest
    assert (read.path, read.text_column, read.sha256) == ("data/raw/reviews.csv", "message", None)
    assert "# the whole file" in paths.params.read_text()


def test_official_test_file_makes_a_folder(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    train, test = write_file(folder / "a.csv"), write_file(folder / "b.csv")
    assert finetrace("data", "add", str(train), "--test", str(test), "--name", "both") == 0
    assert sorted(each.name for each in (paths.data / "raw" / "both").iterdir()) == ["test.csv", "train.csv"]
    assert load_config(paths.params).ingest.path == "data/raw/both"


def test_file_that_cannot_be_read_changes_nothing(
    finetrace: Command,
    paths: Paths,
    tracked: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = paths.params.read_text()
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "bad.csv", "message,label\nhello,a,too many\n")
    assert finetrace("data", "add", str(source)) == 4
    assert "bad.csv:2" in capsys.readouterr().err
    assert not (paths.data / "raw").exists()
    assert tracked == []
    assert paths.params.read_text() == before


def test_missing_column_names_those_that_are_there(
    finetrace: Command,
    tracked: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "x.csv")
    assert finetrace("data", "add", str(source), "--label-column", "stars") == 4
    assert "'label'" in capsys.readouterr().err


def test_digest_is_checked_and_kept(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "x.csv")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert finetrace("data", "add", str(source), "--sha256", "0" * 63 + "1") == 5
    assert finetrace("data", "add", str(source), "--sha256", digest) == 0
    assert load_config(paths.params).ingest.sha256 == digest


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "-x", ".hidden", "a b", "", "x" * 101])
def test_name_cannot_leave_the_folder(
    finetrace: Command, paths: Paths, tracked: list[Path], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "..x.csv")
    assert finetrace("data", "add", str(source), f"--name={name}") == 2
    assert not (paths.data / "raw").exists()


def test_data_that_are_there_already_are_not_overwritten(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    (paths.data / "raw").mkdir(parents=True)
    old = write_file(paths.data / "raw" / "x.csv", "message,label\nold,a\n")
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "x.csv")
    assert finetrace("data", "add", str(source)) == 2
    assert old.read_text() == "message,label\nold,a\n"


def test_address_without_a_digest_or_without_https_is_refused(finetrace: Command, tracked: list[Path]) -> None:
    assert finetrace("data", "add", "https://example.org/x.csv") == 2
    assert finetrace("data", "add", "http://example.org/x.csv", "--sha256", "0" * 64) == 2


def test_copy_that_dvc_refuses_to_track_is_removed(
    finetrace: Command, paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def refuse(paths: Paths, target: Path) -> None:
        raise SetupError("no space")

    monkeypatch.setattr("flows.verbs.add_data._track", refuse)
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "x.csv")
    before = paths.params.read_text()
    assert finetrace("data", "add", str(source)) == 7
    assert list((paths.data / "raw").iterdir()) == []
    assert paths.params.read_text() == before


def test_file_without_a_header_or_quoting_is_added_as_it_is_described(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "Collection", 'ham\tsay "hi\nspam\tbuy\n')
    described = ["--format", "tsv", "--no-header", "--quoting", "none", "--text-column", "2", "--label-column", "1"]
    assert finetrace("data", "add", str(source), *described) == 0
    read = load_config(paths.params).ingest
    assert (read.path, read.format, read.header, read.quoting) == ("data/raw/Collection", "tsv", False, "none")


def test_unknown_format_is_a_mistake_of_settings(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = write_file(tmp_path_factory.mktemp("elsewhere") / "reviews.csv")
    assert finetrace("data", "add", str(source), "--format", "xml") == 2
    assert tracked == []


def test_the_column_of_second_texts_is_written_down(
    paths: Paths, tracked: list[Path], finetrace: Command, tmp_path: Path
) -> None:
    rows = write_file(tmp_path / "nli.csv", "message,second,label\nhello,hi,a\nbye,ciao,b\n")
    columns = ["--text-column", "message", "--pair-column", "second", "--label-column", "label"]
    assert finetrace("data", "add", str(rows), *columns) == 0
    assert load_config(paths.params).ingest.pair_column == "second"


def test_held_out_files_and_further_test_sets_make_a_folder(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path
) -> None:
    train, val, test, more = (write_file(elsewhere / f"{name}.csv") for name in ("a", "b", "c", "d"))
    options = ["--val", str(val), "--test", str(test), "--extra-test", f"shifted={more}", "--name", "all"]
    assert finetrace("data", "add", str(train), *options) == 0
    folder = paths.data / "raw" / "all"
    assert {str(each.relative_to(folder)) for each in folder.rglob("*.csv")} == {
        "train.csv",
        "val.csv",
        "test.csv",
        "extra/shifted.csv",
    }
    assert load_config(paths.params).ingest.extra_tests == {"shifted": "data/raw/all/extra/shifted.csv"}
    report = ingest(paths, ingest=load_config(paths.params).ingest)
    assert report["rows_by_side"] == {"any": 2, "val": 2, "test": 2, "extra:shifted": 2}


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--extra-test", "shifted"], 2, "write NAME=FILE"),
        (["--extra-test", "test=a.csv"], 2, "is what a side is called already"),
        (["--extra-test", "a b=a.csv"], 2, "extra_tests"),
        (["--extra-test", "shifted=missing.csv"], 4, "--extra-test shifted=missing.csv is not a file"),
        (["--val", "missing.csv"], 4, "--val missing.csv is not a file"),
        (["--replace", "--append"], 2, "exclude each other"),
        (["--append", "--label-column", "x"], 2, "--append takes rows that are written like those that are there"),
        (["--append"], 2, "is no data set in this workspace"),
        (["--replace"], 2, "old.csv is not there"),
    ],
)
def test_options_that_cannot_be_are_told(
    finetrace: Command, paths: Paths, tracked: list[Path], capsys: pytest.CaptureFixture[str], options, code, told
) -> None:
    write_file(paths.root / "a.csv")
    assert finetrace("data", "add", "a.csv", *options) == code
    assert told in capsys.readouterr().err.replace("\n", " ")
    assert tracked == []
