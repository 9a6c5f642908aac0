"""Bytes that are no UTF-8 text: named, placed, with advice."""

import gzip
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.digest import row_id

GOOD = b"text,label\nhi,x\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD + b"a\0b,x\n", "a.csv:3: byte 17: a NUL character"),
        (GOOD + "caf\xe9,x\n".encode("latin-1"), "a.csv:3: byte 19: 0xe9 is not UTF-8 (as Latin-1 or Windows-1252"),
        (GOOD + "caf\xe9,x\n".encode("latin-1"), "it would be 'é'); set ingest.encoding: windows-1252, or convert"),
        (
            GOOD + b"\x93hi\x94,x\n",
            "0x93 is not UTF-8 (as Windows-1252 it would be '“'); set ingest.encoding: windows-1252",
        ),
        (
            GOOD + b"\x81,x\n",
            "0x81 is not UTF-8; set ingest.encoding to what the file is in: latin-1, windows-1252, utf-16",
        ),
        (GOOD + b"a\xed\xa0\x80b,x\n", "a.csv:3: byte 17: a lone surrogate (ed a0 80)"),
        (GOOD + b"\xc0\x80,x\n", "a.csv:3: byte 16: 0xc0 is not UTF-8"),
        (GOOD + b"cut \xf0\x9f", "a.csv:3: byte 20: 0xf0 is not UTF-8"),
        (b"\xef\xbb\xbf" + GOOD + b"\xff,x\n", "a.csv:3: byte 19: 0xff"),
        (b'text,label\n"a\r\nb\rc",x\n\xff,x\n', "a.csv:5: byte 22: 0xff"),
        ("text,label\nhi,x\n".encode("utf-16"), "is UTF-16, not UTF-8; set ingest.encoding: utf-16"),
        (
            "text,label\nhi,x\n".encode("utf-16-le"),
            "is UTF-16 without its mark, not UTF-8; set ingest.encoding: utf-16-le",
        ),
        (
            "text,label\nhi,x\n".encode("utf-16-be"),
            "is UTF-16 without its mark, not UTF-8; set ingest.encoding: utf-16-be",
        ),
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


TEXT = 'text,label\ncafé naïve,x\r\n"a\nb",y\r'
ROWS = [(2, "café naïve", "x"), (3, "a\nb", "y")]


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 262_144])
def test_a_declared_encoding_is_read(workspace: Any, small_blocks: Any, encoding: str, block_bytes: int) -> None:
    small_blocks(block_bytes)
    assert workspace.read("a.csv", TEXT.encode(encoding), encoding=encoding) == ROWS


def test_a_packed_file_of_another_encoding_is_read(workspace: Any) -> None:
    assert workspace.read("a.csv.gz", gzip.compress(TEXT.encode("latin-1")), encoding="latin-1") == ROWS


def test_quotes_and_dashes_of_windows_1252_are_themselves(workspace: Any) -> None:
    content = GOOD + b"\x93so\x94 \x96 he\x92s 5\x80,x\n"
    assert workspace.read("a.csv", content, encoding="windows-1252")[1][1] == "“so” – he’s 5€"


@pytest.mark.parametrize(
    ("encoding", "content", "expected"),
    [
        ("windows-1252", GOOD + b"\r\na\x81,x\n", "a.csv:4: byte 19: 0x81 is no character of windows-1252;"),
        (
            "utf-16",
            (GOOD + b"hi,x\n").decode().encode("utf-16") + b"\0",
            "a.csv:4: byte 44: the file ends inside a character",
        ),
        (
            "utf-16-le",
            GOOD.decode().encode("utf-16-le") + b"\0\xdc",
            "a.csv:3: byte 32: 0x00dc is no character of utf-16-le;",
        ),
        (
            "latin-1",
            b"\xef\xbb\xbf" + GOOD,
            "a.csv: begins with the mark of UTF-8, and ingest.encoding is latin-1; take",
        ),
        ("utf-16", GOOD, "a.csv: does not look like UTF-16"),
        (
            "latin-1",
            "text".encode("utf-16"),
            "a.csv: begins with the mark of UTF-16, and ingest.encoding is latin-1; set",
        ),
        ("latin-1", b"\x1f\x8b\x08\0", "a.csv: is packed with gzip;"),
        ("latin-1", GOOD + b"hi\0,x\n", "a.csv:3: byte 18: a NUL character"),
        ("utf-16-le", (GOOD + b'"hi,x\n').decode().encode("utf-16-le"), "opened at byte 32 is not closed"),
    ],
)
def test_what_is_not_in_the_declared_encoding_is_told_with_its_place(
    workspace: Any, encoding: str, content: bytes, expected: str
) -> None:
    assert expected in workspace.refusal("a.csv", content, encoding=encoding)


def test_a_place_far_into_a_file_of_another_encoding_is_counted_right(workspace: Any) -> None:
    content = GOOD + b"hi,x\r\n" * 60_000 + b"\x81,x\n"
    assert "a.csv:60003: byte 360,016: 0x81" in workspace.refusal("a.csv", content, encoding="windows-1252")


def test_a_file_that_is_utf_8_all_along_is_noted(workspace: Any, small_blocks: Any) -> None:
    small_blocks(3)
    workspace.write("a.csv", TEXT)
    (note,) = workspace.ingest("a.csv", encoding="windows-1252")["notes"]
    assert note == "a.csv is sound UTF-8 and was read as windows-1252: look at its accents, and at ingest.encoding"
    workspace.write("a.csv", TEXT.encode("latin-1"))
    assert workspace.ingest("a.csv", encoding="latin-1")["notes"] == []
    workspace.write("a.csv", GOOD)
    assert workspace.ingest("a.csv", encoding="latin-1")["notes"] == []


def test_windows_1252_that_was_read_as_latin_1_is_repaired_and_counted(workspace: Any) -> None:
    content = "text,label\n\x93so\x94 \x96 he\x92s,caf\x92\nhi,x\n\x81,y\n"
    workspace.write("a.csv", content)
    report = workspace.ingest("a.csv", c1_as_windows_1252=True)
    assert workspace.rows() == [(2, "“so” – he’s", "caf’"), (3, "hi", "x"), (4, "\x81", "y")]
    assert report["repaired"] == {"rows": 1, "characters": 5}
    assert pq.read_table(workspace.paths.ingested)["row_id"][0].as_py() == row_id("“so” – he’s", "caf’")
    report = workspace.ingest("a.csv")
    assert (report["repaired"], workspace.rows()[0][1][0]) == ({"rows": 0, "characters": 0}, "\x93")
