"""A folder that Hugging Face `datasets` saved, read without it."""

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

from tasks.digest import sha256_of_file

FEATURES = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})


def dataset(*labels: int) -> datasets.Dataset:
    texts = [f"text {number}" for number, _ in enumerate(labels)]
    return datasets.Dataset.from_dict({"text": texts, "label": list(labels)}, features=FEATURES)


@pytest.fixture(autouse=True)
def no_bars() -> None:
    datasets.disable_progress_bars()


def test_class_numbers_become_class_names(workspace: Any) -> None:
    dataset(1, 0).save_to_disk(workspace.root / "saved")
    report = workspace.ingest("saved")
    assert workspace.rows() == [(1, "text 0", "yes"), (2, "text 1", "no")]
    assert report["rows_by_side"] == {"any": 2}


def test_numbers_without_class_names_become_their_decimal_text(workspace: Any) -> None:
    datasets.Dataset.from_dict({"text": ["hi"], "label": [7]}).save_to_disk(workspace.root / "saved")
    workspace.ingest("saved")
    assert workspace.rows() == [(1, "hi", "7")]


def test_a_selection_is_read_in_its_order(workspace: Any) -> None:
    dataset(0, 0, 1).select([2, 0]).save_to_disk(workspace.root / "saved")
    workspace.ingest("saved")
    assert workspace.rows() == [(1, "text 2", "yes"), (2, "text 0", "no")]


def test_splits_called_test_and_validation_are_the_official_ones_and_others_are_said_to_be_mixed(
    workspace: Any,
) -> None:
    splits = {"train": dataset(0, 1), "more": dataset(1), "validation": dataset(0), "test": dataset(1, 0)}
    datasets.DatasetDict(splits).save_to_disk(workspace.root / "saved")
    report = workspace.ingest("saved")
    assert report["rows_by_side"] == {"any": 3, "val": 1, "test": 2}
    assert report["notes"] == ["split more is not kept apart: its rows may go to any side"]
    last = report["sources"][3]
    path = workspace.root / "saved" / "test" / "data-00000-of-00001.arrow"
    assert (last["name"], last["sha256"]) == ("test/data-00000-of-00001.arrow", sha256_of_file(path))


def test_all_shards_are_read(workspace: Any) -> None:
    dataset(0, 1, 0, 1).save_to_disk(workspace.root / "saved", num_shards=2)
    assert [each["rows"] for each in workspace.ingest("saved")["sources"]] == [2, 2]


def test_an_unlabelled_row_is_refused_by_its_number(workspace: Any) -> None:
    dataset(0, -1).save_to_disk(workspace.root / "saved")
    message = workspace.told("saved")
    assert message.startswith("saved/data-00000-of-00001.arrow:2: column 'label': -1 is none of the 2 classes;")


def test_a_test_split_alone_is_refused(workspace: Any) -> None:
    datasets.DatasetDict({"test": dataset(0)}).save_to_disk(workspace.root / "saved")
    assert "has no training split" in workspace.told("saved")


@pytest.mark.parametrize("name", ["../secret.arrow", "/etc/passwd", "..", "", None, 7])
def test_a_data_file_outside_of_the_folder_is_refused(workspace: Any, name: Any) -> None:
    dataset(0).save_to_disk(workspace.root / "saved")
    state: Path = workspace.root / "saved" / "state.json"
    state.write_text(json.dumps({"_data_files": [{"filename": name}]}))
    assert "may lie outside" in workspace.told("saved")


@pytest.mark.parametrize("name", ["..", "a/b", 3])
def test_a_split_outside_of_the_folder_is_refused(workspace: Any, name: Any) -> None:
    workspace.write("saved/dataset_dict.json", json.dumps({"splits": [name]}))
    assert "may lie outside" in workspace.told("saved")


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000])
def test_a_broken_description_is_refused(workspace: Any, content: str) -> None:
    workspace.write("saved/state.json", content)
    assert "saved/state.json: is not " in workspace.told("saved")


def test_a_broken_data_file_is_refused(workspace: Any) -> None:
    dataset(0).save_to_disk(workspace.root / "saved")
    data: Path = workspace.root / "saved" / "data-00000-of-00001.arrow"
    data.write_bytes(data.read_bytes()[:100])
    assert "saved/data-00000-of-00001.arrow: is no sound Arrow stream" in workspace.told("saved")


def test_lists_of_class_numbers_become_lists_of_names(workspace: Any) -> None:
    features = datasets.Features(
        {
            "tokens": datasets.Sequence(datasets.Value("string")),
            "tags": datasets.Sequence(datasets.ClassLabel(names=["O", "B-person"])),
        }
    )
    rows = {"tokens": [["Paul", "sings"]], "tags": [[1, 0]]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(workspace.root / "saved")
    workspace.ingest("saved", text_column="tokens", label_column="tags")
    assert workspace.rows() == [(1, "Paul sings", '["B-person","O"]')]


def test_a_split_may_be_a_further_test_set(workspace: Any) -> None:
    splits = {"train": dataset(0, 1), "shifted": dataset(1)}
    datasets.DatasetDict(splits).save_to_disk(workspace.root / "saved")
    report = workspace.ingest("saved", extra_tests={"shifted": "saved/shifted"})
    assert report["rows_by_side"] == {"any": 2, "extra:shifted": 1}
    assert report["notes"] == []
