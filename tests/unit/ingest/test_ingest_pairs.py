"""A second text in every format, from data/raw to rows with ids of their own."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from tasks.digest import row_id
from tasks.ingest.settings import IngestSettings

Workspace = Any  # tests/unit/ingest/conftest.py
ROWS = [("a man sleeps", "he is awake", "no"), ("it rains", "it is wet", "yes")]
COLUMNS = {"text_column": "premise", "pair_column": "hypothesis", "label_column": "gold"}
NAMES = tuple(COLUMNS.values())


def write_delimited(workspace: Workspace, name: str, delimiter: str) -> None:
    workspace.write(name, "\n".join(delimiter.join(each) for each in (NAMES, *ROWS)) + "\n")


def write_jsonl(workspace: Workspace, name: str) -> None:
    workspace.write(name, "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in ROWS))


def write_saved(workspace: Workspace, name: str) -> None:
    table = pa.table(dict(zip(NAMES, zip(*ROWS, strict=True), strict=True)))
    folder = workspace.root / name
    folder.mkdir()
    with pa.OSFile(str(folder / "data.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data.arrow"}]}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": {}}))


WRITERS = {
    "rows.csv": lambda workspace, name: write_delimited(workspace, name, ","),
    "rows.tsv": lambda workspace, name: write_delimited(workspace, name, "\t"),
    "rows.jsonl": write_jsonl,
    "rows.parquet": lambda workspace, name: pq.write_table(
        pa.table(dict(zip(NAMES, zip(*ROWS, strict=True), strict=True))), workspace.root / name
    ),
    "saved": write_saved,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_both_texts_and_an_id_of_both(name: str, workspace: Workspace) -> None:
    WRITERS[name](workspace, name)
    workspace.ingest(name, **COLUMNS)
    table = pq.read_table(workspace.paths.ingested)
    assert list(zip(*(table[each].to_pylist() for each in ("text", "pair", "label")), strict=True)) == ROWS
    assert table["row_id"].to_pylist() == [row_id(text, label, pair) for text, pair, label in ROWS]


def test_an_official_test_file_holds_pairs_too(workspace: Workspace) -> None:
    for name in ("set/train.tsv", "set/test.tsv"):
        write_delimited(workspace, name, "\t")
    workspace.ingest("set", **COLUMNS)
    table = pq.read_table(workspace.paths.ingested)
    assert table["side"].to_pylist() == ["any"] * 2 + ["test"] * 2
    assert table["pair"].null_count == 0


@pytest.mark.parametrize("name", WRITERS)
def test_a_missing_second_column_is_named_with_its_setting(name: str, workspace: Workspace) -> None:
    WRITERS[name](workspace, name)
    told = workspace.told(name, **COLUMNS | {"pair_column": "hypotheses"})
    assert "ingest.pair_column" in told
    assert "did you mean 'hypothesis'?" in told


def test_a_second_text_that_is_none_is_refused_in_its_line(workspace: Workspace) -> None:
    told = workspace.refusal("rows.jsonl", '{"premise": "a", "hypothesis": null, "gold": "x"}\n', **COLUMNS)
    assert told.startswith("rows.jsonl:1: column 'hypothesis': null, not a text")


def test_without_the_setting_the_second_column_is_ignored_and_told(workspace: Workspace) -> None:
    write_delimited(workspace, "rows.csv", ",")
    report = workspace.ingest("rows.csv", text_column="premise", label_column="gold")
    assert report["ignored_columns"] == ["hypothesis"]
    assert pq.read_table(workspace.paths.ingested)["pair"].null_count == len(ROWS)


def test_an_id_covers_both_texts_in_their_order_and_that_of_a_single_text_stays() -> None:
    assert len({row_id("a", "x", "b"), row_id("b", "x", "a"), row_id("a", "x"), row_id("a", "x", "")}) == 4
    assert row_id("where is my card", "lost") == "c29aa692889afa941aea0efd"


@pytest.mark.parametrize("twice", ["text", "label"])
def test_one_column_cannot_be_two(twice: str) -> None:
    with pytest.raises(ValidationError, match=f"'{twice}'; name 3 columns"):
        IngestSettings(path="x.csv", pair_column=twice)
