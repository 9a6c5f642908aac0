"""`finetrace data add` replaces a data set, or appends to it: a new version for DVC, or nothing changed."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.config import load_config
from tasks.errors import SetupError
from tasks.ingest.stage import run as ingest
from tasks.paths import Paths
from tests.unit.flows.test_add_data import write_file

Command = Callable[..., int]


def test_a_data_set_is_replaced_and_its_last_version_tracked_first(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path
) -> None:
    old = write_file(elsewhere / "x.csv", "message,label\nold,a\nolder,b\n")
    new = write_file(elsewhere / "y.csv")
    assert finetrace("data", "add", str(old)) == 0
    assert finetrace("data", "add", str(new), "--replace") == 0
    copy = paths.data / "raw" / "x.csv"
    assert copy.read_bytes() == new.read_bytes()
    assert tracked == [copy, copy, copy]
    assert [each.name for each in copy.parent.iterdir()] == ["x.csv"]


def test_a_data_set_that_cannot_be_tracked_is_what_it_was(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = write_file(elsewhere / "x.csv", "message,label\nold,a\nolder,b\n"), write_file(elsewhere / "y.csv")
    assert finetrace("data", "add", str(old)) == 0
    asked: list[Path] = []

    def refuse(paths: Paths, target: Path) -> None:
        asked.append(target)
        if len(asked) > 1:
            raise SetupError("no space")

    monkeypatch.setattr("flows.verbs.add_data._track", refuse)
    for option in ("--replace", "--append"):
        asked.clear()
        assert finetrace("data", "add", str(new), option) == 7
        assert (paths.data / "raw" / "x.csv").read_bytes() == old.read_bytes()
        assert [each.name for each in (paths.data / "raw").iterdir()] == ["x.csv"]


def test_appended_rows_come_after_those_that_are_there_and_all_keep_their_ids(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path
) -> None:
    old = write_file(elsewhere / "x.csv", "message,label\r\nold,a\r\nolder,b\n\n\n")
    assert finetrace("data", "add", str(old)) == 0
    before = ids(paths)
    assert finetrace("data", "add", str(write_file(elsewhere / "y.csv")), "--append") == 0
    assert (paths.data / "raw" / "x.csv").read_bytes() == b"message,label\r\nold,a\r\nolder,b\nhello,a\nbye,b\n"
    assert ids(paths)[:2] == before
    assert len(ids(paths)) == 4


def ids(paths: Paths) -> list[str]:
    ingest(paths, ingest=load_config(paths.params).ingest)
    found: list[str] = pq.read_table(paths.ingested)["row_id"].to_pylist()
    return found


def test_appended_rows_are_checked_beside_those_that_are_there(
    finetrace: Command, tracked: list[Path], elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"message {n},{'ab'[n % 2]}\n" for n in range(20))
    assert finetrace("data", "add", str(write_file(elsewhere / "x.csv", "message,label\n" + rows))) == 0
    capsys.readouterr()
    new = write_file(elsewhere / "y.csv", "message,label\nmessage 3,b\nother,a\n")
    assert finetrace("data", "add", str(new), "--append") == 0
    printed = capsys.readouterr().out
    assert "Labels   2: a 11, b 11" in printed
    assert "1 rows will be set aside" in printed and "1 duplicate" in printed


def test_rows_are_appended_to_each_file_of_a_folder_and_new_ones_are_added(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path
) -> None:
    file = write_file(elsewhere / "x.csv")
    assert finetrace("data", "add", str(file), "--test", str(file)) == 0
    more = write_file(elsewhere / "y.csv", "message,label\nmore,a\n")
    options = ["--test", str(more), "--extra-test", f"shifted={more}", "--append"]
    assert finetrace("data", "add", str(more), *options) == 0
    report = ingest(paths, ingest=load_config(paths.params).ingest)
    assert report["rows_by_side"] == {"any": 3, "test": 3, "extra:shifted": 1}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("y.csv", "message,label\na,b\n", "label,message\nc,d\n", "must name the same columns in the same order"),
        ("y.tsv", "message,label\na,b\n", "message\tlabel\nc\td\n", "convert it to the same format first"),
    ],
)
def test_rows_of_another_shape_are_not_appended(
    finetrace: Command,
    paths: Paths,
    tracked: list[Path],
    elsewhere: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    told: str,
) -> None:
    assert finetrace("data", "add", str(write_file(elsewhere / "x.csv", old))) == 0
    assert finetrace("data", "add", str(write_file(elsewhere / name, new)), "--append") == 2
    assert told in capsys.readouterr().err.replace("\n", " ")
    assert (paths.data / "raw" / "x.csv").read_text() == old


def test_a_file_of_another_encoding_is_added_and_appended_to(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path
) -> None:
    for name, word in (("x", "caf\xe9"), ("y", "na\xefve")):
        (elsewhere / f"{name}.csv").write_bytes(f"message,label\n{word},a\nho {name},b\n".encode("latin-1"))
    assert finetrace("data", "add", str(elsewhere / "x.csv"), "--encoding", "windows-1252") == 0
    assert finetrace("data", "add", str(elsewhere / "y.csv"), "--append") == 0
    assert load_config(paths.params).ingest.encoding == "windows-1252"
    content = (paths.data / "raw" / "x.csv").read_bytes().decode("latin-1")
    assert content == "message,label\ncaf\xe9,a\nho x,b\nna\xefve,a\nho y,b\n"


def test_packed_files_and_tables_are_appended_to(
    finetrace: Command, paths: Paths, tracked: list[Path], elsewhere: Path
) -> None:
    for name in ("x", "y"):
        (elsewhere / f"{name}.csv.gz").write_bytes(gzip.compress(f"message,label\nhi {name},a\nho {name},b\n".encode()))
        columns = {"message": [f"hi {name}", f"ho {name}"], "label": ["a", "b"]}
        pq.write_table(pa.table(columns), elsewhere / f"{name}.parquet")
    for ending in (".csv.gz", ".parquet"):
        assert finetrace("data", "add", str(elsewhere / f"x{ending}")) == 0
        assert finetrace("data", "add", str(elsewhere / f"y{ending}"), "--append") == 0
        assert ingest(paths, ingest=load_config(paths.params).ingest)["rows"] == 4
