"""Which files a path leads to."""

from typing import Any

import pytest

from tasks.errors import SettingsError

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


@pytest.mark.parametrize("stem", ["val", "dev", "valid", "validation"])
def test_the_val_file_of_a_folder_is_the_official_val(workspace: Any, stem: str) -> None:
    workspace.write("data/train.csv", TRAIN)
    workspace.write(f"data/{stem}.csv", TEST)
    assert workspace.ingest("data")["rows_by_side"] == {"any": 1, "val": 2}


def test_two_val_files_are_ambiguous(workspace: Any) -> None:
    for name in ("train", "val", "dev"):
        workspace.write(f"data/{name}.csv", TRAIN)
    assert workspace.told("data").startswith("data: has more than one val file ('dev.csv', 'val.csv');")


def test_further_test_sets_are_read_under_their_names(workspace: Any) -> None:
    workspace.write("data/train.csv", TRAIN)
    workspace.write("data/extra/shifted.csv", TEST)
    workspace.write("data/typos.jsonl", '{"text":"hi","label":"x"}\n')
    extra = {"shifted": "data/extra/shifted.csv", "typos": "data/../data/typos.jsonl"}
    report = workspace.ingest("data", extra_tests=extra)
    assert report["rows_by_side"] == {"any": 1, "extra:shifted": 2, "extra:typos": 1}
    assert [each["name"] for each in report["sources"]] == ["train.csv", "extra/shifted.csv", "typos.jsonl"]
    assert report["ignored_files"] == []


@pytest.mark.parametrize("path", ["other/shifted.csv", "data", "data/../shifted.csv", "/etc/passwd"])
def test_a_further_test_set_outside_of_the_folder_is_refused(workspace: Any, path: str) -> None:
    workspace.write("data/train.csv", TRAIN)
    message = workspace.told("data", SettingsError, extra_tests={"shifted": path})
    assert message.startswith(f"ingest.extra_tests.shifted: {path} does not lie below ingest.path (data)")
    assert "--extra-test shifted=" in message


def test_a_further_test_set_beside_a_single_file_is_refused(workspace: Any) -> None:
    workspace.write("data/a.csv", TRAIN)
    message = workspace.told("data/a.csv", SettingsError, extra_tests={"shifted": "data/b.csv"})
    assert "data/b.csv does not lie below ingest.path (data/a.csv)" in message


def test_a_further_test_set_that_is_another_file_of_the_folder_is_refused(workspace: Any) -> None:
    workspace.write("data/train.csv", TRAIN)
    workspace.write("data/test.csv", TEST)
    message = workspace.told("data", SettingsError, extra_tests={"shifted": "data/test.csv"})
    assert "is read as the test file already" in message


def test_a_further_test_set_that_is_missing_is_told(workspace: Any) -> None:
    workspace.write("data/train.csv", TRAIN)
    assert workspace.told("data", extra_tests={"shifted": "data/no.csv"}).startswith("data/no.csv: ")
