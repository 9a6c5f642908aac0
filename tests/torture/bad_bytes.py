"""28 and 29: bytes that are no UTF-8 text, text that only looks strange, and values that look like something else."""

import json
from collections.abc import Callable
from typing import Any

from tests.torture.bad_input import accepted, ingested, put, ready, refused
from tests.torture.bad_rows import GOOD, with_line
from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import RAW
from tests.torture.rows import Row, as_csv, easy_rows

ROWS = easy_rows(40)
BOM = b"\xef\xbb\xbf"
STRANGE: list[Row] = [
    ("👩‍👩‍👧‍👦 lost 📦!! 🏳️‍🌈", "login"),
    ("أين طلبي؟ 123", "payment"),
    ("איפה החבילה שלי", "shipping"),
    ("naïve café naïve café", "login"),  # both Unicode forms
    ("ﬁne ½ ẞ İ ǆ", "payment"),
    (" spaces  kept \t too ", "shipping"),
    ("two\nlines, quoted", "login"),
    ('she said ""no""', "payment"),
    ("line separator\u2028and \x0b tab\x85", "shipping"),
]
LOOKS_LIKE: list[Row] = [
    *(("NA", "login"), ("null", "payment"), ("None", "shipping"), ("nan", "login"), ("NaN", "payment")),
    *(("01", "login"), ("1", "payment"), ("1.0", "shipping"), ("1e5", "login"), ("TRUE", "payment"), ("#N/A", "login")),
    *(("a", "NA"), ("b", "null"), ("c", "None"), ("d", "01"), ("e", "1"), ("f", "1.0"), ("g", "true"), ("h", "nan")),
]


def _as_bytes(rows: list[Row], line_end: str) -> bytes:
    return as_csv(rows).replace("\n", line_end).encode()


def _mixed(lines: list[str]) -> str:
    return "".join(line + ("\n", "\r\n", "\r")[number % 3] for number, line in enumerate(lines))


def _byte(text: str, mark: str) -> str:
    """Where the mark stands, as ingest writes a byte's place."""
    return f"byte {text.encode('utf-8', 'surrogateescape').index(mark.encode('utf-8', 'surrogateescape')):,}"


def _bad_byte(sentence: str, bad: bytes, *words: str) -> Case:
    """Line 12 holds the bytes; line and byte must be named."""
    marked = with_line(12, "a ☃ text,login\n")
    content = marked.encode().replace("☃".encode(), bad)
    return refused(28, sentence, content, "rows.csv:12", _byte(marked, "☃"), *words)


OPEN = with_line(20, '"a text,login\n')


HIDDEN = {
    "bidi_controls": "pay \u202eyap\u202c now",
    "invisible_characters": "pass\u200bword",
    "replacement_characters": "caf\ufffd",
}
"""By the warning that validate must count, a text that it must let pass."""


def _validated(place: Place) -> tuple[dict[str, Any], Done]:
    """What validate reports of a row of each kind, and what it said; done once."""

    def make(made_in: Place) -> tuple[dict[str, Any], Done]:
        workspace = ready(made_in)
        put(workspace, RAW, as_csv([*ROWS, *((text, "login") for text in HIDDEN.values())]))
        workspace.stages("ingest")
        done = workspace.stage("validate")
        return json.loads((workspace.root / "data/reports/validate.json").read_bytes()), done

    return place.lab.once("hidden_characters", make)


def _warned(reason: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        report, done = _validated(place)
        require(report["rows_out"] == len(ROWS) + len(HIDDEN), f"rows were set aside: {report['reasons']}")
        require(report["warnings"].get(reason) == 1, f"no warning {reason}: {report['warnings']}")
        return done

    return act


def _empties(place: Place) -> Done:
    """Rows with nothing in the text or label are set aside, each with its reason."""
    workspace = ready(place)
    empties = [("", "login"), ("   ", "payment"), ("\u200b", "shipping"), ("words", ""), ("more words", " ")]
    put(workspace, RAW, as_csv([*ROWS, *empties]))
    workspace.stages("ingest")
    done = workspace.stage("validate")
    report = json.loads((workspace.root / "data/reports/validate.json").read_bytes())
    require(report["reasons"] == {"text_empty": 3, "label_empty": 2}, f"reasons: {report['reasons']}")
    return done


QUOTED: list[Row] = [("\u201cso\u201d \u2013 it\u2019s caf\xe9", "login"), *ROWS]


def _read_wrongly(place: Place) -> Done:
    """Windows-1252 that was saved as Latin-1 in UTF-8: validate names the repair, and with it every row passes."""
    workspace = ready(place)
    put(workspace, RAW, as_csv(QUOTED).encode("cp1252").decode("latin-1"))
    workspace.set(validate={"max_bad_fraction": 0})
    workspace.stages("ingest")
    done = workspace.stage("validate")
    require(done.code == 4 and "ingest.c1_as_windows_1252: true" in done.last_words, f"no repair: {done.last_words}")
    workspace.set(ingest={"path": RAW, "c1_as_windows_1252": True})
    workspace.stages("ingest")
    require(ingested(workspace) == QUOTED, "the repaired rows are not those that were written")
    return workspace.stage("validate")


CASES: list[Case] = [
    accepted(
        28,
        "Windows-1252 is read where it is declared",
        as_csv(QUOTED).encode("cp1252"),
        QUOTED,
        ingest={"encoding": "windows-1252"},
    ),
    accepted(
        28,
        "UTF-16 is read where it is declared",
        as_csv(QUOTED).encode("utf-16"),
        QUOTED,
        ingest={"encoding": "utf-16"},
    ),
    refused(
        28,
        "a UTF-8 mark in a file declared Latin-1 is refused",
        BOM + GOOD.encode(),
        "ingest.encoding",
        ingest={"encoding": "latin-1"},
    ),
    Case(28, "Windows-1252 read as Latin-1 is named, and repaired by its own advice", 0, _read_wrongly),
    refused(28, "UTF-16 with its mark is refused, with the conversion", GOOD.encode("utf-16"), "UTF-16", "iconv"),
    refused(28, "UTF-16 without a mark is refused", GOOD.encode("utf-16-le"), "UTF-16", "iconv"),
    refused(28, "UTF-16 big-endian without a mark is refused", GOOD.encode("utf-16-be"), "iconv"),
    refused(28, "UTF-32 is refused", GOOD.encode("utf-32"), "rows.csv"),
    _bad_byte("Latin-1 is refused by line and byte, with the letter it would be", b"\xe9t\xe9", "'é'", "iconv"),
    _bad_byte("a lone surrogate is refused by line and byte", b"\xed\xa0\x80", "surrogate"),
    _bad_byte("a NUL is refused by line and byte", b"\x00", "NUL"),
    _bad_byte("an overlong encoding is refused by line and byte", b"\xc0\xaf"),
    _bad_byte("a code point beyond Unicode is refused by line and byte", b"\xf4\x90\x80\x80"),
    refused(28, "a character cut off by the file's end is refused", (GOOD + "a,é").encode()[:-1], "byte"),
    refused(
        28, "an unclosed quote is refused by line, column and byte", OPEN, "rows.csv:20", _byte(OPEN, '"'), "column 1"
    ),
    refused(28, "an unclosed quote in the last field is refused", GOOD + 'a,"login', "quote"),
    refused(28, "text after a closing quote is refused", with_line(4, '"a" b,login\n'), "rows.csv:4"),
    refused(
        28,
        "a lone surrogate escaped in jsonl is refused by line and column",
        '{"text": "a \\ud800", "label": "b"}\n',
        "rows.jsonl:1",
        "surrogate",
        name="data/raw/rows.jsonl",
    ),
    refused(
        28,
        "a NUL escaped in jsonl is refused",
        '{"text": "a \\u0000", "label": "b"}\n',
        "NUL",
        name="data/raw/rows.jsonl",
    ),
    accepted(28, "a byte order mark is no part of the first name", BOM + GOOD.encode(), ROWS),
    accepted(28, "CRLF line ends are line ends", _as_bytes(ROWS, "\r\n"), ROWS),
    accepted(28, "CR line ends are line ends", _as_bytes(ROWS, "\r"), ROWS),
    accepted(28, "LF, CRLF and CR mixed are line ends", _mixed(GOOD.splitlines()), ROWS),
    accepted(
        28, "CRLF and CR inside a quoted text stay", 'text,label\r\n"a\r\nb\rc\nd",x\r\n', [("a\r\nb\rc\nd", "x")]
    ),
    accepted(28, "a last line without its end counts", GOOD.rstrip("\n"), ROWS),
    accepted(
        28, "emoji, right-to-left text, both Unicode forms and odd spaces stay as they are", as_csv(STRANGE), STRANGE
    ),
    Case(28, "bidirectional controls are let pass and warned of", 0, _warned("bidi_controls")),
    Case(28, "zero-width characters are let pass and warned of", 0, _warned("invisible_characters")),
    Case(28, "a replacement character is let pass and warned of", 0, _warned("replacement_characters")),
    accepted(
        29,
        "NA, null, None, nan, 01, 1, 1.0 and TRUE stay what they are, as text and as label",
        as_csv(LOOKS_LIKE),
        LOOKS_LIKE,
    ),
    accepted(
        29,
        "the same in a tsv without quotes",
        "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in LOOKS_LIKE),
        LOOKS_LIKE,
        name="data/raw/rows.tsv",
        ingest={"quoting": "none"},
    ),
    accepted(
        29,
        "the same in jsonl",
        "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in LOOKS_LIKE),
        LOOKS_LIKE,
        name="data/raw/rows.jsonl",
    ),
    refused(
        29,
        "a null in jsonl is refused by line and column",
        '{"text": null, "label": "b"}\n',
        "rows.jsonl:1",
        "null",
        name="data/raw/rows.jsonl",
    ),
    refused(
        29,
        "NaN in jsonl is refused",
        '{"text": NaN, "label": "b"}\n',
        "rows.jsonl:1",
        "NaN",
        name="data/raw/rows.jsonl",
    ),
    refused(
        29,
        "a number as text in jsonl is refused",
        '{"text": 1.5, "label": "b"}\n',
        "rows.jsonl:1",
        name="data/raw/rows.jsonl",
    ),
    Case(29, "empty texts and labels are set aside with their reasons", 0, _empties),
]
