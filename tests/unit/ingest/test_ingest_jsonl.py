"""jsonl: one object a line, texts only."""

from typing import Any

import pytest


def test_rows_are_read_with_their_lines(workspace: Any) -> None:
    found = workspace.read("a.jsonl", '{"text":"a\\nb","label":"x"}\r\n{"label":"NA","text":"\u2028"}\n\n')
    assert found == [(1, "a\nb", "x"), (2, "\u2028", "NA")]


def test_a_whole_number_as_label_becomes_its_decimal_text(workspace: Any) -> None:
    assert workspace.read("a.jsonl", '{"text":"hi","label":1}\n{"text":"hi","label":"01"}\n') == [
        (1, "hi", "1"),
        (2, "hi", "01"),
    ]


def test_other_keys_are_named_in_the_report(workspace: Any) -> None:
    workspace.write("a.jsonl", '{"text":"hi","label":"x","id":1.5}\n{"text":"hi","label":"x","meta":{"a":[null]}}\n')
    assert workspace.ingest("a.jsonl")["ignored_columns"] == ["id", "meta"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"text":"hi","label":null}', "a.jsonl:2: column 'label': null, not a text;"),
        ('{"text":"hi","label":true}', "a.jsonl:2: column 'label': true or false, not a text;"),
        ('{"text":7,"label":"x"}', "a.jsonl:2: column 'text': a number, not a text;"),
        ('{"text":["a b"],"label":"x"}', "a.jsonl:2: column 'text': the token 'a b' holds a space;"),
        ('{"text":"hi","lable":"x"}', "a.jsonl:2: column 'label': is missing, the file has 'text', 'lable' (did you"),
        ('{"text":"hi","text":"ho","label":"x"}', "a.jsonl:2: the key 'text' is given twice;"),
        ('{"text":"hi","label":"x"', "a.jsonl:2: character 25: Expecting ',' delimiter; mend"),
        ('{"text":"hi","label":"x","n":NaN}', "a.jsonl:2: NaN is not JSON;"),
        ('["hi","x"]', "a.jsonl:2: is not an object; write one object a line (jq -c '.[]'"),
        ('{"text":"\\ud800","label":"x"}', "a.jsonl:2: column 'text': a lone surrogate"),
        ('{"text":"a","label":"\\u0000"}', "a.jsonl:2: column 'label': a NUL character"),
        ('{"text":"a","label":' + "9" * 5_000 + "}", "a.jsonl:2: "),
        ('{"text":"a","label":' + "[" * 100_000, "a.jsonl:2: "),
        ('\n{"text":"hi","label":"x"}', "a.jsonl:2: a blank line;"),
        ('{"text":"' + "a" * 1_001 + '","label":"x"}', "a.jsonl:2: column 'text': the field has 1,001 bytes"),
    ],
)
def test_a_bad_line_is_told_with_its_place(workspace: Any, line: str, expected: str) -> None:
    good = '{"text":"hi","label":"x"}\n'
    limit = 1_000 if "a" * 1_001 in line else 1_000_000
    assert workspace.refusal("a.jsonl", good + line + "\n", max_field_bytes=limit).startswith(expected)


def test_a_pair_of_surrogate_escapes_is_one_character(workspace: Any) -> None:
    assert workspace.read("a.jsonl", '{"text":"\\ud83d\\ude00","label":"x"}\n') == [(1, "😀", "x")]


def test_keys_that_differ_from_line_to_line_are_bounded(workspace: Any) -> None:
    lines = "".join(f'{{"text":"hi","label":"x","k{number}":0}}\n' for number in range(1_001))
    assert "a.jsonl:1001: 1,001 columns" in workspace.refusal("a.jsonl", lines)
