"""Cells that hold more than a text: numbers, lists of labels, tokens and tags, spans."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SPAN = {"start": 0, "end": 2, "label": "Größe"}


def as_jsonl(workspace: Any, text: Any, label: Any) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = workspace.read("a.jsonl", json.dumps({"text": text, "label": label}) + "\n")
    return found


def as_parquet(workspace: Any, text: Any, label: Any) -> list[tuple[int, str, str]]:
    pq.write_table(pa.table({"text": [text], "label": [label]}), workspace.root / "a.parquet")
    workspace.ingest("a.parquet")
    found: list[tuple[int, str, str]] = workspace.rows()
    return found


@pytest.mark.parametrize("read", [as_jsonl, as_parquet])
@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("hi", ["b", "a"], ("hi", '["b","a"]')),
        ("hi", [6, 9], ("hi", '["6","9"]')),
        (["Paul", "sings"], ["B-person", "O"], ("Paul sings", '["B-person","O"]')),
        ("hi", [SPAN], ("hi", '[{"start":0,"end":2,"label":"Größe"}]')),
        ("hi", [{"label": "x", "end": 2, "start": 0}], ("hi", '[{"start":0,"end":2,"label":"x"}]')),
        ("hi", 3.75, ("hi", "3.75")),
        ("hi", 4.0, ("hi", "4")),
        ("hi", -1e-7, ("hi", "-1e-07")),
    ],
)
def test_lists_become_compact_json_and_numbers_their_shortest_text(
    workspace: Any, read: Any, text: Any, label: Any, expected: tuple[str, str]
) -> None:
    assert read(workspace, text, label) == [(1, *expected)]


def test_a_text_without_labels_has_an_empty_list(workspace: Any) -> None:
    assert as_jsonl(workspace, "hi", []) == [(1, "hi", "[]")]


def test_numbers_of_32_bits_are_as_short_as_they_were(workspace: Any) -> None:
    pq.write_table(pa.table({"text": ["hi"], "label": pa.array([0.1], pa.float32())}), workspace.root / "a.parquet")
    workspace.ingest("a.parquet")
    assert workspace.rows() == [(1, "hi", "0.1")]


def test_other_keys_of_a_span_are_named_in_the_report(workspace: Any) -> None:
    workspace.write("a.jsonl", json.dumps({"text": "hi", "label": [SPAN | {"id": 7}]}) + "\n")
    assert workspace.ingest("a.jsonl")["ignored_columns"] == ["label.id"]


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        (["a b"], "x", "column 'text': the token 'a b' holds a space;"),
        (["a", ""], "x", "column 'text': the token is empty;"),
        (["a", 1], "x", "column 'text': a list with a number in it;"),
        ([], "x", "column 'text': a list without a token;"),
        ("hi", [["a"]], "column 'label': a list with a list in it;"),
        ("hi", ["a", None], "column 'label': a list with null in it;"),
        ("hi", ["a", "b\0"], "column 'label': a NUL character"),
        ("hi", [SPAN, "a"], "column 'label': a list of spans with a text in it;"),
        ("hi", [{"start": 0, "end": 2}], "column 'label': a span without 'label';"),
        ("hi", [{"start": "0", "end": 2, "label": "x"}], "column 'label': a span whose 'start' is a text;"),
        ("hi", [{"start": 0, "end": 2, "label": 1}], "column 'label': a span whose 'label' is a number;"),
        ("hi", {"a": 1}, "column 'label': an object,"),
        ("hi", True, "column 'label': true or false,"),
        ("hi", None, "column 'label': null,"),
    ],
)
def test_other_lists_are_refused_by_line_and_column(workspace: Any, text: Any, label: Any, expected: str) -> None:
    content = json.dumps({"text": text, "label": label}) + "\n"
    assert workspace.refusal("a.jsonl", content).startswith(f"a.jsonl:1: {expected}")


def test_a_number_that_is_not_finite_is_refused(workspace: Any) -> None:
    content = '{"text":"hi","label":1e999}\n'
    assert workspace.refusal("a.jsonl", content).startswith("a.jsonl:1: column 'label': a number that is not finite;")
    pq.write_table(pa.table({"text": ["hi"], "label": [float("nan")]}), workspace.root / "a.parquet")
    assert "a.parquet:1: column 'label': a number that is not finite;" in workspace.told("a.parquet")


def test_lists_in_parquet_are_refused_by_row(workspace: Any) -> None:
    pq.write_table(pa.table({"text": [["a"], ["a", None]], "label": ["x", "y"]}), workspace.root / "a.parquet")
    assert "a.parquet:2: column 'text': a list with null in it;" in workspace.told("a.parquet")
