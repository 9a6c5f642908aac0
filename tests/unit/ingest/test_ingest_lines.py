"""Blocks of bytes become physical lines, wherever the blocks end."""

import pytest

from tasks.errors import DataError
from tasks.ingest.lines import read_lines


def test_only_line_ends_end_lines() -> None:
    text = "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029b\nc\rd\r\ne"
    assert [*read_lines([text.encode()], "a", max_line_bytes=99)] == [text[:11], "c\r", "d\r\n", "e"]


def test_a_carriage_return_at_a_blocks_end_waits_for_its_line_feed() -> None:
    assert [*read_lines([b"a\r", b"\nb\r", b"c\n"], "a", max_line_bytes=99)] == ["a\r\n", "b\r", "c\n"]


def test_a_carriage_return_at_a_blocks_end_does_not_lengthen_the_line_before_it() -> None:
    assert [*read_lines([b"aaaa\r", b"bbb", b"b\r"], "a", max_line_bytes=6)] == ["aaaa\r", "bbbb\r"]


def test_a_character_across_two_blocks_is_one() -> None:
    assert [*read_lines([b"\xf0\x9f", b"\x98\x80\n"], "a", max_line_bytes=99)] == ["😀\n"]


def test_a_line_that_never_ends_is_not_held() -> None:
    blocks = iter([b"aa"] * 1_000)
    with pytest.raises(DataError, match="a:1: the line is longer than 5 bytes"):
        list(read_lines(blocks, "a", max_line_bytes=5))
    assert len([*blocks]) == 997


def test_a_long_line_is_told_with_its_number() -> None:
    with pytest.raises(DataError, match="a:3: the line is longer than 5 bytes"):
        list(read_lines([b"a\nb\n12345", b"6\n"], "a", max_line_bytes=5))
