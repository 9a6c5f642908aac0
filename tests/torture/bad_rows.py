"""26 and 27: rows with other fields than the header has, and headers that are not those asked for."""

from tests.torture.bad_input import refused
from tests.torture.case import Case
from tests.torture.prepared import RAW
from tests.torture.rows import as_csv, easy_rows

GOOD = as_csv(easy_rows(40))
LINES = GOOD.splitlines(keepends=True)
BODY = "".join(LINES[1:])
TSV = GOOD.replace(",", "\t")


def with_line(number: int, line: str) -> str:
    """The good file with another line, counted from 1, the header included."""
    return "".join([*LINES[: number - 1], line, *LINES[number:]])


CASES: list[Case] = [
    refused(26, "a row with a field too many is refused by line", with_line(7, "a,b,login\n"), "rows.csv:7", "3 field"),
    refused(26, "a row with a comma at its end is refused", with_line(9, "a text,login,\n"), "rows.csv:9", "3 field"),
    refused(26, "a row with an unquoted comma in its text is refused", with_line(5, "yes, no,login\n"), "rows.csv:5"),
    refused(
        26, "a row with a field too few is refused by line and column", with_line(8, "only\n"), "rows.csv:8", "label"
    ),
    refused(26, "a shift in the last row is refused", GOOD + "a,b,c\n", f"rows.csv:{len(LINES) + 1}"),
    refused(26, "a blank line between rows is refused", with_line(6, "\n"), "rows.csv:6", "blank"),
    refused(26, "a line of spaces is refused as a short row", with_line(6, "   \n"), "rows.csv:6"),
    refused(
        26, "a shift in a tsv is refused", TSV + "a\tb\tc\n", f"rows.tsv:{len(LINES) + 1}", name="data/raw/rows.tsv"
    ),
    refused(
        26,
        "a jsonl object without a label is refused by line and key",
        '{"text": "a", "label": "b"}\n{"text": "a"}\n',
        "rows.jsonl:2",
        "label",
        name="data/raw/rows.jsonl",
    ),
    refused(
        26,
        "a jsonl object with a key twice is refused",
        '{"text": "a", "label": "b", "label": "c"}\n',
        "rows.jsonl:1",
        "twice",
        name="data/raw/rows.jsonl",
    ),
    refused(
        26,
        "a jsonl line that is a list is refused",
        '["a", "b"]\n',
        "rows.jsonl:1",
        "object",
        name="data/raw/rows.jsonl",
    ),
    *(
        refused(26, sentence, content, *words, name="data/raw/rows.conll", ingest={"label_column": "tags"})
        for sentence, content, *words in (
            ("a conll line with a field too many is refused by line", "a\tO\nb\tO\tx\n", "rows.conll:2", "3 fields"),
            ("a conll token without its tag is refused by line", "a\tO\nb\nc\tO\n", "rows.conll:2", "stands alone"),
            ("a conll token with a space in it is refused", "a\tO\nb c\tO\n", "rows.conll:2", "holds a space"),
            ("conll sentences of which one has no label are refused", "a\tO\nx\n\nb\tO\n", "rows.conll:4", "line 1"),
        )
    ),
    refused(
        26,
        "a list with a list in it is refused by line and key",
        '{"text": "a", "label": ["b"]}\n{"text": "a", "label": [["b"]]}\n',
        "rows.jsonl:2",
        "label",
        name="data/raw/rows.jsonl",
    ),
    refused(27, "a file without a header is refused, and told so", BODY, "rows.csv:1", "header"),
    refused(
        27, "a header with a renamed column names the nearest", "text,lable\n" + BODY, "rows.csv:1", "lable", "label"
    ),
    refused(27, "a header in capitals is refused, not guessed", "TEXT,LABEL\n" + BODY, "rows.csv:1", "TEXT"),
    refused(27, "a header with a space before a name is refused", "text, label\n" + BODY, "rows.csv:1", "' label'"),
    refused(27, "a header with a name twice is refused", "text,text\n" + BODY, "rows.csv:1", "text"),
    refused(27, "a header without a name is refused", ",text,label\n0,a,b\n", "rows.csv:1", "no name"),
    refused(27, "a header below a blank line is refused", "\n" + GOOD, "rows.csv:1"),
    refused(27, "a csv parted by ; names the setting", GOOD.replace(",", ";"), "rows.csv:1", "ingest.delimiter"),
    refused(27, "a csv parted by tabs names the setting", TSV, "rows.csv:1", "ingest.delimiter"),
    refused(27, "a csv parted by | names the setting", GOOD.replace(",", "|"), "rows.csv:1", "ingest.delimiter"),
    refused(27, "a tsv parted by commas names the setting", GOOD, "ingest.delimiter", name="data/raw/rows.tsv"),
    refused(
        27,
        "another text_column than the file has is refused by name",
        GOOD,
        "txet",
        "text",
        ingest={"text_column": "txet"},
    ),
    refused(
        27, "a column number beyond the file's is refused", BODY, "'7'", ingest={"header": False, "text_column": "7"}
    ),
    refused(27, "an ending that says nothing is refused", GOOD, "ending", name="data/raw/rows.dat"),
    refused(27, "a csv called parquet is refused", GOOD, "rows.parquet", name=RAW.replace(".csv", ".parquet")),
]
