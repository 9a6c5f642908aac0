"""parquet: text columns, whole-number labels, nothing else."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.digest import md5_of_file, sha256_of_file

HI = ["hi", "ho"]


def write(workspace: Any, **columns: Any) -> Path:
    path: Path = workspace.root / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_every_kind_of_text_column_is_read(workspace: Any, kind: pa.DataType) -> None:
    write(workspace, text=pa.array(HI).cast(kind), label=pa.array(["01", "NA"]).cast(kind))
    workspace.ingest("a.parquet")
    assert workspace.rows() == [(1, "hi", "01"), (2, "ho", "NA")]


def test_whole_numbers_as_labels_become_their_decimal_text(workspace: Any) -> None:
    write(workspace, text=HI, label=pa.array([-1, 2**63 - 1]))
    workspace.ingest("a.parquet")
    assert workspace.rows() == [(1, "hi", "-1"), (2, "ho", "9223372036854775807")]


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        (HI, [{"a": 1}, {"a": 2}], "column 'label': holds struct<a: int64>, not text;"),
        (HI, [[{"start": 1}], []], "column 'label': holds list<element: struct<start: int64>>, not text;"),
        (HI, [True, False], "column 'label': holds bool, not text;"),
        ([1, 2], HI, "column 'text': holds int64, not text;"),
        ([b"hi", b"ho"], HI, "column 'text': holds binary, not text;"),
        ([{"text": "hi"}, {"text": "ho"}], HI, "column 'text': holds struct<text: string>, not text;"),
        (["hi", None], HI, "a.parquet:2: column 'text': null, not a text;"),
        (HI, [None, 1], "a.parquet:1: column 'label': null, not a text;"),
        (["hi", "\0"], HI, "a.parquet:2: column 'text': a NUL character"),
    ],
)
def test_other_values_are_refused_by_column_and_row(
    workspace: Any, text: list[Any], label: list[Any], expected: str
) -> None:
    write(workspace, text=text, label=label)
    assert expected in workspace.told("a.parquet")


def test_bytes_that_call_themselves_text_are_refused(workspace: Any) -> None:
    broken = pa.array([b"\xff\xfe", b"ok"]).view(pa.string())
    write(workspace, text=broken, label=HI)
    assert "a.parquet:1: column 'text': in the 2 rows from here: Invalid UTF8" in workspace.told("a.parquet")


def test_a_missing_column_is_told_with_the_nearest(workspace: Any) -> None:
    write(workspace, text=HI, Label=HI)
    assert "column 'label': is missing, the file has 'text', 'Label' (did you mean 'Label'?)" in workspace.told(
        "a.parquet"
    )


def test_the_digests_are_those_of_the_file(workspace: Any) -> None:
    path = write(workspace, text=HI, label=HI)
    source = workspace.ingest("a.parquet")["sources"][0]
    assert (source["sha256"], source["md5"]) == (sha256_of_file(path), md5_of_file(path))


def test_rows_are_numbered_through_all_batches(workspace: Any) -> None:
    write(workspace, text=[f"t{number}" for number in range(40_000)], label=["x"] * 40_000)
    workspace.ingest("a.parquet")
    assert [line for line, _, _ in workspace.rows()] == list(range(1, 40_001))


def test_a_broken_file_is_refused(workspace: Any) -> None:
    content = write(workspace, text=HI, label=HI).read_bytes()
    assert "is no sound parquet file" in workspace.refusal("a.parquet", content[: len(content) // 2])


def test_a_bomb_is_refused_by_what_it_says_of_itself(workspace: Any) -> None:
    path = workspace.root / "a.parquet"
    table = pa.table({"text": ["a" * 900_000, "b" * 900_000, "c" * 900_000], "label": ["x"] * 3})
    pq.write_table(table, path, compression="zstd")
    assert path.stat().st_size * 100 < 2_700_000
    assert "more than 100 times its size" in workspace.told("a.parquet")
