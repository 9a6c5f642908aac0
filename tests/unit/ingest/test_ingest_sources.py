"""Which files a path leads to."""

from typing import Any

import pytest

TRAIN = "text,label\nhi,x\n"
TEST = "text,label\nho,y\nha,y\n"


def test_the_test_file_of_a_folder_is_the_official_test(workspace: Any) -> None:
    workspace.write("data/train.csv", TRAIN)
    workspace.write("data/test.csv", TEST)
    report = workspace.ingest("data")
    assert report["rows_by_side"] == {"any": 1, "test": 2}
    assert workspace.rows() == [(2, "hi", "x"), (2, "ho", "y"), (3, "ha", "y")]


def test_other_files_of_a_folder_are_named_and_not_read(workspace: Any) -> None:
    workspace.write("data/train.tsv", TRAIN.replace(",", "\t"))
    workspace.write("data/training.csv", "junk")
    workspace.write("data/README.md", "junk")
    assert workspace.ingest("data")["ignored_files"] == ["README.md", "training.csv"]


def test_a_folder_may_mix_formats(workspace: Any) -> None:
    workspace.write("data/train.jsonl", '{"text":"hi","label":"x"}\n')
    workspace.write("data/test.csv", TEST)
    assert workspace.ingest("data")["format"] == "csv+jsonl"


def test_two_training_files_are_ambiguous(workspace: Any) -> None:
    workspace.write("data/train.csv", TRAIN)
    workspace.write("data/train.csv.gz", b"")
    message = workspace.told("data")
    assert message.startswith("data: has more than one train file ('train.csv', 'train.csv.gz');")


def test_a_folder_without_a_training_file_says_what_it_holds(workspace: Any) -> None:
    workspace.write("data/test.csv", TEST)
    assert "only 'test.csv'; name the training file so" in workspace.told("data")


def test_a_fault_in_the_test_file_names_it(workspace: Any) -> None:
    workspace.write("data/train.csv", TRAIN)
    workspace.write("data/test.csv", "text,label\nhi\n")
    assert workspace.told("data").startswith("data/test.csv:2: column 'label'")


def test_an_unknown_ending_is_refused(workspace: Any) -> None:
    message = workspace.refusal("a.xlsx", b"PK\x03\x04")
    assert message.startswith("a.xlsx: has none of the endings .csv, .tsv, .jsonl, .parquet, .conll;")


@pytest.mark.parametrize(
    ("declared", "content"),
    [("csv", "text,label\nhi,x\n"), ("tsv", "text\tlabel\nhi\tx\n"), ("jsonl", '{"text":"hi","label":"x"}\n')],
)
def test_a_declared_format_goes_before_the_ending(workspace: Any, declared: str, content: str) -> None:
    workspace.write("collection", content)
    assert workspace.ingest("collection", format=declared)["format"] == declared


def test_a_declared_format_goes_for_a_folder_too(workspace: Any) -> None:
    workspace.write("data/train.txt", "text\tlabel\nhi\tx\n")
    assert workspace.ingest("data", format="tsv")["rows"] == 1
