"""Bytes that are no UTF-8 text: named, placed, with advice."""

from typing import Any

import pytest

GOOD = b"text,label\nhi,x\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD + b"a\0b,x\n", "a.csv:3: byte 17: a NUL character"),
        (GOOD + "caf\xe9,x\n".encode("latin-1"), "a.csv:3: byte 19: 0xe9 is not UTF-8 (as Latin-1 or Windows-1252"),
        (GOOD + "caf\xe9,x\n".encode("latin-1"), "it would be 'é'); convert the file: iconv -f WINDOWS-1252 -t UTF-8"),
        (GOOD + b"a\xed\xa0\x80b,x\n", "a.csv:3: byte 17: a lone surrogate (ed a0 80)"),
        (GOOD + b"\xc0\x80,x\n", "a.csv:3: byte 16: 0xc0 is not UTF-8"),
        (GOOD + b"cut \xf0\x9f", "a.csv:3: byte 20: 0xf0 is not UTF-8"),
        (b"\xef\xbb\xbf" + GOOD + b"\xff,x\n", "a.csv:3: byte 19: 0xff"),
        (b'text,label\n"a\r\nb\rc",x\n\xff,x\n', "a.csv:5: byte 22: 0xff"),
        ("text,label\nhi,x\n".encode("utf-16"), "is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8"),
        ("text,label\nhi,x\n".encode("utf-16-le"), "is UTF-16 without its mark"),
        (b"\x1f\x8b\x08\0", "is packed with gzip; let its name end in .gz"),
        (b"PK\x03\x04rest", "is a zip archive or a spreadsheet;"),
        (b"PAR1rest", "is a parquet file;"),
    ],
)
def test_what_is_not_text_is_told_with_its_place(workspace: Any, content: bytes, expected: str) -> None:
    assert expected in workspace.refusal("a.csv", content)


def test_a_place_far_into_the_file_is_counted_right(workspace: Any) -> None:
    content = GOOD + b"hi,x\n" * 60_000 + b"\xff,x\n"
    assert "a.csv:60003: byte 300,016: 0xff" in workspace.refusal("a.csv", content)
