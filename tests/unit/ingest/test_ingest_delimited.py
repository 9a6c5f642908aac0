"""csv and tsv: what is read unchanged, and what is refused where."""

import csv
import io
import random
from collections.abc import Callable
from typing import Any

import pytest


def test_rows_keep_their_first_physical_line(workspace: Any) -> None:
    found = workspace.read("a.csv", 'text,label\nhi,x\n"two\nlines",y\nlast,z\n')
    assert found == [(2, "hi", "x"), (3, "two\nlines", "y"), (5, "last", "z")]


def test_a_header_of_two_lines_is_counted(workspace: Any) -> None:
    assert workspace.read("a.csv", 'text,"la\nbel"\nhi,x\n', label_column="la\nbel") == [(3, "hi", "x")]


@pytest.mark.parametrize(
    "text",
    [
        "NA",
        "null",
        "None",
        "01",
        "1e5",
        " both ends ",
        "=1+1",
        "👩‍👩‍👧 emoji",
        "مرحبا بالعالم",
        "\u202eright to left",
        "e\u0301 is not é",
        "\u2028 and \x85 and \x0b and \x0c and \x1c break no line",
        "\ufeff inside",
        "nbsp\xa0",
        "",
    ],
)
def test_text_and_label_are_kept_as_written(workspace: Any, text: str) -> None:
    assert workspace.read("a.csv", f"text,label\n{text},{text}\n") == [(2, text, text)]


def test_every_kind_of_line_end_is_accepted_and_those_inside_a_text_are_kept(workspace: Any) -> None:
    content = 'text,label\r\n"a\r\nb",1\r"c\rd",2\n"e\nf",3\r\n'
    assert workspace.read("a.csv", content) == [(2, "a\r\nb", "1"), (4, "c\rd", "2"), (6, "e\nf", "3")]


def test_a_byte_order_mark_is_not_part_of_the_first_column(workspace: Any) -> None:
    assert workspace.read("a.csv", b"\xef\xbb\xbftext,label\nhi,x\n") == [(2, "hi", "x")]


def test_the_last_line_needs_no_end(workspace: Any) -> None:
    assert workspace.read("a.csv", "text,label\nhi,x") == [(2, "hi", "x")]


def test_blank_lines_at_the_end_are_no_rows(workspace: Any) -> None:
    assert workspace.read("a.csv", "text,label\nhi,x\n\n\r\n") == [(2, "hi", "x")]


def test_doubled_quotes_are_one_quote(workspace: Any) -> None:
    assert workspace.read("a.csv", 'text,label\n"say ""hi""",x\n') == [(2, 'say "hi"', "x")]


def test_without_quoting_a_quote_is_an_ordinary_character(workspace: Any) -> None:
    found = workspace.read("a.tsv", 'text\tlabel\n"hi\tx\nsay "it\ty\n', quoting="none")
    assert found == [(2, '"hi', "x"), (3, 'say "it', "y")]


def test_without_a_header_columns_are_numbers(workspace: Any) -> None:
    found = workspace.read("a.tsv", "ham\thello\nspam\tbuy\n", header=False, text_column="2", label_column="1")
    assert found == [(1, "hello", "ham"), (2, "buy", "spam")]


def test_the_delimiter_is_a_setting(workspace: Any) -> None:
    assert workspace.read("a.csv", "text;label\na,b;x\n", delimiter=";") == [(2, "a,b", "x")]


def test_columns_may_stand_in_any_order_among_others(workspace: Any) -> None:
    workspace.write("a.csv", "id,label,source,text\n7,x,web,hi\n")
    report = workspace.ingest("a.csv")
    assert workspace.rows() == [(2, "hi", "x")]
    assert report["ignored_columns"] == ["id", "source"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_borders_between_blocks_change_nothing(workspace: Any, small_blocks: Callable[[int], None], size: int) -> None:
    # 60 rows drawn from awkward characters; what csv.writer wrote must come back, whatever the block's size
    draw = random.Random(size)  # noqa: S311
    pieces = ["\r", "\n", "\r\n", '"', ",", "é", "👍", "a", "b c", "\u2028"]
    rows = [["".join(draw.choices(pieces, k=draw.randint(0, 6))), str(number)] for number in range(60)]
    out = io.StringIO(newline="")
    ends = ["\n", "\r\n", "\r"]
    lines, line = [], 2
    out.write("text,label\r\n")
    for row in rows:
        part = io.StringIO(newline="")
        csv.writer(part, lineterminator=ends[draw.randint(0, 2)], quoting=csv.QUOTE_ALL).writerow(row)
        lines.append(line)
        line += len(part.getvalue().encode().splitlines())
        out.write(part.getvalue())
    small_blocks(size)
    found = workspace.read("a.csv", out.getvalue())
    assert found == [(line, text, label) for line, (text, label) in zip(lines, rows, strict=True)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("text,label\nhi,x\nhi,x,y\n", "a.csv:3: column 3: the row has 3 fields, the first line 2;"),
        ("text,label\nhi,x\nhi,x,\n", "a.csv:3: column 3: the row has 3 fields"),
        ('text,label\n"a\nb",x\nhi\n', "a.csv:4: column 'label': the row has 1 field, the first line 2;"),
        ("text,label\nhi,x\n\nho,y\n", "a.csv:3: a blank line;"),
        ("", "a.csv:1: is empty or begins with a blank line;"),
        ("\ntext,label\n", "a.csv:1: is empty or begins with a blank line;"),
        ("text,label\n", "a.csv: has no rows;"),
        ("text,label\n\n\n", "a.csv: has no rows;"),
        ("text,label,text\nhi,x,y\n", "a.csv:1: column 'text': names 2 columns (1, 3);"),
        (",text,label\n0,hi,x\n", "a.csv:1: column 1 has no name;"),
        ("hi,x\nho,y\n", "a.csv:1: column 'text': is missing, the file has 'hi', 'x'; rename the column, or set"),
        ("hi,x\nho,y\n", "If the file has no header set ingest.header: false"),
        ("text,Lable\nhi,x\n", "column 'label': is missing, the file has 'text', 'Lable' (did you mean 'Lable'?)"),
        ("TEXT,LABEL\nhi,x\n", "column 'text': is missing, the file has 'TEXT', 'LABEL' (did you mean 'TEXT'?)"),
        ("text, label \nhi,x\n", "(did you mean ' label '?)"),
        ("text,\x1b[31mred\nhi,x\n", r"'\x1b[31mred'"),
        ("text;label\nhi;x\n", "The header has one column 'text;label': is the delimiter ';'?"),
        ("text\tlabel\nhi\tx\n", r"The header has one column 'text\tlabel': is the delimiter '\t'?"),
    ],
)
def test_a_bad_table_is_told_with_its_place(workspace: Any, content: str, expected: str) -> None:
    assert expected in workspace.refusal("a.csv", content)


def test_quoted_names_without_quoting_are_told(workspace: Any) -> None:
    assert "set ingest.quoting: double" in workspace.refusal("a.csv", '"text","label"\nhi,x\n', quoting="none")


def test_far_too_many_columns_are_refused(workspace: Any) -> None:
    names = ",".join(f"c{number}" for number in range(100_000))
    assert "a.csv:1: 100,000 columns, at most 1,000 are read;" in workspace.refusal("a.csv", names + "\n")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_an_unclosed_quote_is_told_with_its_line_and_byte(workspace: Any, mark: bytes) -> None:
    head = mark + 'text,label\n"ça\nva",x\nhé,'.encode()
    message = workspace.refusal("a.csv", head + b'"open\nto,the\nend,z\n')
    assert message.startswith(f"a.csv:4: column 2: the quote opened at byte {len(head):,} is not closed")


def test_a_quote_closed_in_the_middle_of_a_field_is_told(workspace: Any) -> None:
    message = workspace.refusal("a.csv", 'text,label\nhi,x\n"he said "no"",y\n')
    assert message.startswith("a.csv:3: column 1: the quote opened at byte 16 is not closed before a delimiter")


def test_an_unclosed_quote_in_a_long_file_stops_at_the_limit(workspace: Any) -> None:
    rows = "hi,x\n" * 1_000
    message = workspace.refusal("a.csv", f'text,label\nhi,x\n"open,x\n{rows}', max_field_bytes=1_000)
    assert message.startswith("a.csv:3: column 1: the quote opened at byte 16")
    assert "ingest.max_field_bytes" in message


@pytest.mark.parametrize("quoting", ["double", "none"])
def test_a_field_of_five_megabytes_is_refused(workspace: Any, quoting: str) -> None:
    message = workspace.refusal("a.csv", f"text,label\nhi,x\n{'a' * 5_000_000},y\n", quoting=quoting)
    assert message.startswith("a.csv:3: the field is longer than 1,000,000 bytes")


def test_a_field_is_measured_in_bytes(workspace: Any) -> None:
    content = f"text,label\n{'é' * 501},y\n"
    assert "a.csv:2: column 'text': the field has 1,002 bytes" in workspace.refusal(
        "a.csv", content, max_field_bytes=1_000
    )


def test_a_line_without_end_is_refused_before_it_is_held(workspace: Any, small_blocks: Callable[[int], None]) -> None:
    small_blocks(4_096)
    message = workspace.refusal("a.csv", "text,label\n" + "a," * 50_000, max_field_bytes=1_000)
    assert message.startswith("a.csv:2: the line is longer than 16,000 bytes")


def test_the_process_wide_field_limit_is_put_back(workspace: Any) -> None:
    before = csv.field_size_limit()
    workspace.read("a.csv", "text,label\nhi,x\n", max_field_bytes=5_000)
    assert csv.field_size_limit() == before
