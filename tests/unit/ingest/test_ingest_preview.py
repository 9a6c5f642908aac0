"""A look at a file before it is read: its columns, and which of them seem to hold the text and the label."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.errors import DataError
from tasks.ingest.preview import guess_columns, sample_columns
from tasks.ingest.settings import IngestSettings

COLUMNS = {"n": ["1", "2", "3"], "review": ["good film", "bad one", "so so"], "stars": ["5", "1", "5"]}


def sample(workspace: Any, name: str, content: bytes | str, **settings: Any) -> dict[str, list[Any]]:
    path = workspace.write(name, content)
    return sample_columns(path, IngestSettings(path=name, **settings))


def test_the_columns_of_each_format_are_seen(workspace: Any) -> None:
    rows = [dict(zip(COLUMNS, values, strict=True)) for values in zip(*COLUMNS.values(), strict=True)]
    for end, separator in (("csv", ","), ("tsv", "\t")):
        lines = [separator.join(COLUMNS), *[separator.join(row.values()) for row in rows]]
        assert sample(workspace, f"a.{end}", "\n".join(lines)) == COLUMNS
    assert sample(workspace, "a.jsonl", "\n".join(map(json.dumps, rows))) == COLUMNS
    pq.write_table(pa.table(COLUMNS), workspace.root / "a.parquet")
    assert sample_columns(workspace.root / "a.parquet", IngestSettings(path="a.parquet")) == COLUMNS
    conll = {"text": ["a b", "c"], "tags": ["O B-x", "O"], "sentence": ["p", "q"]}
    assert sample(workspace, "a.conll", "a O\nb B-x\np\n\nc O\nq\n") == conll
    workspace.write("folder/train.csv", "x,y\n1,2\n")
    assert sample_columns(workspace.root / "folder", IngestSettings(path="folder")) == {"x": ["1"], "y": ["2"]}


def test_a_file_without_a_header_has_numbers_for_names(workspace: Any) -> None:
    assert sample(workspace, "a.csv", "x,1\ny,2\n", header=False) == {"1": ["x", "y"], "2": ["1", "2"]}


def test_keys_that_are_not_in_every_object_are_seen(workspace: Any) -> None:
    assert sample(workspace, "a.jsonl", '{"a": "x"}\n{"a": "y", "b": 1}\n') == {"a": ["x", "y"], "b": [None, 1]}


def test_what_cannot_be_read_is_told_with_its_line(workspace: Any) -> None:
    with pytest.raises(DataError, match=r"a\.csv:3"):
        sample(workspace, "a.csv", "x,y\n1,2\n1\n")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (COLUMNS, ("review", "stars")),
        ({"a": ["a long text", "another text"] * 9, "b": ["x", "y"] * 9}, ("a", "b")),
        ({"label": ["x", "y"], "text": ["hi", "ho"]}, ("text", "label")),
        ({"category": ["why is it so", "how are you"], "text": ["hi", "ho"]}, ("text", "category")),
        ({"id": ["17", "18", "19", "20"], "said": ["a b", "c d", "e f", "g h"], "of": list("xxyy")}, ("said", "of")),
        ({"tokens": [["a", "b"], ["c"]], "ner_tags": [["O", "O"], ["B-x"]]}, ("tokens", "ner_tags")),
        ({"text": ["a", "b"], "score": [0.5, 1.0], "empty": ["", ""]}, ("text", "score")),
    ],
)
def test_the_text_and_the_label_are_guessed(columns: dict[str, list[Any]], expected: tuple[str, str]) -> None:
    assert guess_columns(columns) == dict(zip(("text_column", "label_column"), expected, strict=True))


def test_a_column_that_is_named_is_not_guessed_again() -> None:
    assert guess_columns(COLUMNS, text_column="stars") == {"text_column": "stars", "label_column": "n"}


def test_nothing_is_guessed_where_nothing_fits() -> None:
    with pytest.raises(DataError, match=r"no column that could be the label.*'text'.*--label-column"):
        guess_columns({"text": ["hi", "ho"]})
