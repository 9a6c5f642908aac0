"""`finetrace data add`: read first, then copied, tracked and pointed at; or nothing at all."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.verbs.add_data import edited_params
from tasks.config import load_config
from tasks.errors import SetupError
from tasks.paths import Paths

Command = Callable[..., int]
TEXT = """# top
ingest:
  path: old.csv   # the file
  sha256: ab      # of it
split: {val: 0.2}
"""


@pytest.fixture
def tracked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What DVC would have been asked to track."""
    asked: list[Path] = []
    monkeypatch.setattr("flows.verbs.add_data._track", lambda paths, target: asked.append(target))
    return asked


def _write(file: Path, text: str = "message,label\nhello,a\nbye,b\n") -> Path:
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
    source = _write(tmp_path_factory.mktemp("elsewhere") / "reviews.csv")
    assert finetrace("data", "add", str(source)) == 0
    copy = paths.data / "raw" / "reviews.csv"
    assert copy.read_bytes() == source.read_bytes()
    assert tracked == [copy]
    ingest = load_config(paths.params).ingest
    assert (ingest.path, ingest.text_column, ingest.sha256) == ("data/raw/reviews.csv", "message", None)
    assert "# the whole file" in paths.params.read_text()


def test_official_test_file_makes_a_folder(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    train, test = _write(folder / "a.csv"), _write(folder / "b.csv")
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
    source = _write(tmp_path_factory.mktemp("elsewhere") / "bad.csv", "message,label\nhello,a,too many\n")
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
    source = _write(tmp_path_factory.mktemp("elsewhere") / "x.csv")
    assert finetrace("data", "add", str(source), "--label-column", "stars") == 4
    assert "'label'" in capsys.readouterr().err


def test_digest_is_checked_and_kept(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = _write(tmp_path_factory.mktemp("elsewhere") / "x.csv")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert finetrace("data", "add", str(source), "--sha256", "0" * 63 + "1") == 5
    assert finetrace("data", "add", str(source), "--sha256", digest) == 0
    assert load_config(paths.params).ingest.sha256 == digest


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "-x", ".hidden", "a b", "", "x" * 101])
def test_name_cannot_leave_the_folder(
    finetrace: Command, paths: Paths, tracked: list[Path], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = _write(tmp_path_factory.mktemp("elsewhere") / "..x.csv")
    assert finetrace("data", "add", str(source), f"--name={name}") == 2
    assert not (paths.data / "raw").exists()


def test_data_that_are_there_already_are_not_overwritten(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    (paths.data / "raw").mkdir(parents=True)
    old = _write(paths.data / "raw" / "x.csv", "message,label\nold,a\n")
    source = _write(tmp_path_factory.mktemp("elsewhere") / "x.csv")
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
    source = _write(tmp_path_factory.mktemp("elsewhere") / "x.csv")
    before = paths.params.read_text()
    assert finetrace("data", "add", str(source)) == 7
    assert list((paths.data / "raw").iterdir()) == []
    assert paths.params.read_text() == before


def test_file_without_a_header_or_quoting_is_added_as_it_is_described(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = _write(tmp_path_factory.mktemp("elsewhere") / "Collection", 'ham\tsay "hi\nspam\tbuy\n')
    described = ["--format", "tsv", "--no-header", "--quoting", "none", "--text-column", "2", "--label-column", "1"]
    assert finetrace("data", "add", str(source), *described) == 0
    ingest = load_config(paths.params).ingest
    assert (ingest.path, ingest.format, ingest.header, ingest.quoting) == ("data/raw/Collection", "tsv", False, "none")


def test_unknown_format_is_a_mistake_of_settings(
    finetrace: Command, paths: Paths, tracked: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = _write(tmp_path_factory.mktemp("elsewhere") / "reviews.csv")
    assert finetrace("data", "add", str(source), "--format", "xml") == 2
    assert tracked == []


def test_the_column_of_second_texts_is_written_down(
    paths: Paths, tracked: list[Path], finetrace: Command, tmp_path: Path
) -> None:
    rows = _write(tmp_path / "nli.csv", "message,second,label\nhello,hi,a\nbye,ciao,b\n")
    columns = ["--text-column", "message", "--pair-column", "second", "--label-column", "label"]
    assert finetrace("data", "add", str(rows), *columns) == 0
    assert load_config(paths.params).ingest.pair_column == "second"
