"""conll: a token and its tag a line, a blank line between sentences."""

from typing import Any

import pytest

TAGS = {"format": "conll", "label_column": "tags"}


def test_each_sentence_is_a_row_with_the_line_of_its_first_token(workspace: Any) -> None:
    content = "\n\nPaul\tB-person\nsings\tO\n\n\nParis\tB-location\n"
    assert workspace.read("a.conll", content, label_column="tags") == [
        (3, "Paul sings", "B-person O"),
        (7, "Paris", "B-location"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_spaces_part_the_fields_where_the_file_has_no_tabs(workspace: Any, end: str) -> None:
    content = end.join(["play O", "# O", "", "jazz B-genre", ""])
    assert workspace.read("a.txt", content, **TAGS) == [(1, "play #", "O O"), (4, "jazz", "B-genre")]


def test_a_line_of_nothing_but_space_is_a_blank_line(workspace: Any) -> None:
    assert workspace.read("a.conll", "a\tO\n\t\nb\tO\n \n", label_column="tags") == [(1, "a", "O"), (3, "b", "O")]


def test_a_single_field_before_the_blank_line_is_the_label_of_the_sentence(workspace: Any) -> None:
    content = "play O\njazz B-genre\nPlayMusic#Rate\n\nstop O\nStop\n"
    assert workspace.read("a.txt", content, format="conll", label_column="sentence") == [
        (1, "play jazz", "PlayMusic#Rate"),
        (5, "stop", "Stop"),
    ]
    assert workspace.ingest("a.txt", **TAGS)["ignored_columns"] == ["sentence"]


def test_comments_between_sentences_are_left_out(workspace: Any) -> None:
    content = "-DOCSTART-\t-X-\tO\tO\n\n# text = Paul is here\nPaul\tB-person\n#nowplaying\tO\n\n# id 2\n#tag\tO\n"
    assert workspace.read("a.conll", content, label_column="tags") == [
        (4, "Paul #nowplaying", "B-person O"),
        (8, "#tag", "O"),
    ]


def test_a_pair_column_may_be_another_of_the_three(workspace: Any) -> None:
    workspace.read("a.txt", "a O\nx\n", format="conll", label_column="sentence", pair_column="tags")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\tO\nb\tO\tx\n", "a.conll:2: the line has 3 fields, a token and its tag are 2;"),
        ("a\tO\nb c\tO\n", "a.conll:2: the token 'b c' holds a space;"),
        ("a\tO\n\u00a0\tO\n", "a.conll:2: the token '\\xa0' holds a space;"),
        ("a\tO\nb\tO O\n", "a.conll:2: the tag 'O O' holds a space;"),
        ("a\tO\n\tO\n", "a.conll:2: the token is empty;"),
        ("a\tO\nb\t\n", "a.conll:2: the tag is empty;"),
        ("a\tO\nb\nc\tO\n", "a.conll:2: 'b' stands alone, and more of the sentence follows;"),
        ("b\n\nc\tO\n", "a.conll:1: 'b' stands alone, without a token before it;"),
        ("a\tO\nx\n\nb\tO\n", "a.conll:4: the sentence has no label of its own, the one of line 1 has;"),
        ("a\tO\n\nb\tO\nx\n", "a.conll:3: the sentence has a label of its own ('x'), the one of line 1 has none;"),
        ("a O\nb  O\n", "a.conll:2: the line has 3 fields, a token and its tag are 2;"),
        ("a\tO\n" * 600, "a.conll:1: the sentence is longer than 1,000 bytes (ingest.max_field_bytes);"),
        ("\n\n", "a.conll: has no rows;"),
    ],
)
def test_what_is_no_token_with_its_tag_is_told_with_its_line(workspace: Any, content: str, expected: str) -> None:
    message = workspace.refusal("a.conll", content, label_column="tags", max_field_bytes=1_000)
    assert message.startswith(expected)


def test_files_of_four_columns_are_told_how_to_keep_two(workspace: Any) -> None:
    assert "awk" in workspace.refusal("a.conll", "EU NNP B-NP B-ORG\n", label_column="tags")


def test_another_column_than_the_three_is_refused_with_what_to_set(workspace: Any) -> None:
    message = workspace.refusal("a.conll", "a\tO\n")
    assert message == (
        "a.conll: column 'label': a conll file gives 'text', 'tags' (a tag a token) and 'sentence' (a label a "
        "sentence); set ingest.label_column to one of them"
    )


def test_a_label_of_the_sentence_that_no_sentence_has_is_told(workspace: Any) -> None:
    message = workspace.refusal("a.conll", "a\tO\n", label_column="sentence")
    assert message.startswith("a.conll:1: column 'sentence': the sentence has no line with a single field at its end")


def test_a_folder_of_conll_files_has_an_official_test(workspace: Any) -> None:
    workspace.write("d/train.conll", "a\tO\n")
    workspace.write("d/test.conll", "b\tO\n")
    assert workspace.ingest("d", label_column="tags")["rows_by_side"] == {"any": 1, "test": 1}
