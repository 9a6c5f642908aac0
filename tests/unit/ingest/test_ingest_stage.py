"""The stage as a whole: its table, its report, its refusals."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.digest import row_id
from tasks.errors import DataError, IntegrityError, SettingsError
from tasks.table import INGESTED

CONTENT = "text,label,note\nhi,x,1\nhi,x,2\nho,y,3\n"


def test_the_table_has_its_columns_and_content_ids(workspace: Any) -> None:
    workspace.read("a.csv", CONTENT)
    table = pq.read_table(workspace.paths.ingested)
    assert table.schema.equals(INGESTED)
    assert table["row_id"].to_pylist() == [row_id("hi", "x"), row_id("hi", "x"), row_id("ho", "y")]
    assert table["side"].to_pylist() == ["any"] * 3


def test_the_report_says_what_was_read(workspace: Any) -> None:
    path = workspace.write("data/a.csv", CONTENT)
    assert workspace.ingest("data/a.csv") == {
        "rows": 3,
        "rows_by_side": {"any": 3},
        "labels": 2,
        "labels_counted_to": 10_000,
        "format": "csv",
        "sources": [
            {
                "name": "a.csv",
                "side": "any",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "md5": hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(),
                "bytes": len(CONTENT),
                "rows": 3,
            }
        ],
        "repaired": {"rows": 0, "characters": 0},
        "ignored_columns": ["note"],
        "ignored_files": [],
        "notes": [],
    }


def test_an_absolute_path_is_read_and_not_reported(workspace: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside: Path = tmp_path_factory.mktemp("outside") / "a.csv"
    outside.write_text(CONTENT)
    report = workspace.ingest(str(outside))
    assert report["rows"] == 3
    assert str(outside.parent) not in json.dumps(report)


def test_the_same_file_gives_the_same_bytes(workspace: Any) -> None:
    workspace.read("a.csv", CONTENT)
    first = workspace.paths.ingested.read_bytes()
    workspace.read("a.csv", CONTENT)
    assert workspace.paths.ingested.read_bytes() == first


def test_rows_of_many_batches_come_out_in_order(workspace: Any) -> None:
    rows = "".join(f"text {number},label {number % 3}\n" for number in range(40_000))
    found = workspace.read("a.csv", f"text,label\n{rows}")
    assert found == [(number + 2, f"text {number}", f"label {number % 3}") for number in range(40_000)]


def test_long_texts_make_small_batches(workspace: Any) -> None:
    # 40 texts of 400,000 characters, batches of 8 Mi characters: 21 rows and 19
    workspace.read("a.csv", "text,label\n" + f"{'a' * 400_000},x\n" * 40)
    metadata = pq.ParquetFile(workspace.paths.ingested).metadata
    assert [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)] == [21, 19]


def test_labels_are_counted_to_a_bound(workspace: Any) -> None:
    rows = "".join(f"t,{number}\n" for number in range(20_000))
    workspace.write("a.csv", f"text,label\n{rows}")
    assert workspace.ingest("a.csv")["labels"] == 10_000


def test_the_old_output_stays_when_the_last_row_is_bad(workspace: Any) -> None:
    workspace.read("a.csv", "text,label\nold,x\n")
    assert "a.csv:50002" in workspace.refusal("a.csv", "text,label\n" + "hi,x\n" * 50_000 + "hi\n")
    assert workspace.rows() == [(2, "old", "x")]


def test_another_digest_is_told_before_the_content_is_looked_at(workspace: Any) -> None:
    path = workspace.write("a.csv", b"\xff not a table")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    message = workspace.told("a.csv", IntegrityError, sha256="0" * 64)
    assert message.startswith(f"a.csv has the sha256 {found}, ingest.sha256 says {'0' * 64}.")


def test_the_right_digest_is_accepted(workspace: Any) -> None:
    assert len(workspace.read("a.csv", CONTENT, sha256=hashlib.sha256(CONTENT.encode()).hexdigest())) == 3


def test_a_digest_for_a_folder_is_a_mistake_in_the_settings(workspace: Any) -> None:
    workspace.write("data/train.csv", CONTENT)
    assert "is a folder" in workspace.told("data", SettingsError, sha256="0" * 64)


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside of the workspace, with good data."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "a.csv").write_text(CONTENT)
    return folder


@pytest.mark.parametrize("path", ["../{outside.name}/a.csv", "{outside}/a.csv", "linked/a.csv"])
def test_shared_data_outside_are_read_and_no_report_says_where(workspace: Any, outside: Path, path: str) -> None:
    (workspace.root / "linked").symlink_to(outside)
    numbers = workspace.ingest(path.format(outside=outside))
    assert numbers["rows"] == 3
    assert str(outside) not in json.dumps(numbers)


@pytest.mark.parametrize("name", ["data/raw", "data/ingested"])
def test_a_link_in_data_that_leads_out_is_refused(workspace: Any, outside: Path, name: str) -> None:
    workspace.write("a.csv", CONTENT)
    (workspace.root / "data").mkdir(exist_ok=True)
    (workspace.root / name).symlink_to(outside)
    with pytest.raises(DataError, match=f"^{name} is a link that leads out"):
        workspace.ingest("data/raw/a.csv" if name == "data/raw" else "a.csv")
    assert [path.name for path in outside.iterdir()] == ["a.csv"]


def test_nothing_is_fetched_to_outside_of_the_workspace(workspace: Any) -> None:
    with pytest.raises(SettingsError, match=r"ingest\.path: \.\./a\.csv lies outside"):
        workspace.ingest("../a.csv", url="https://203.0.113.7/a.csv", sha256="0" * 64)
