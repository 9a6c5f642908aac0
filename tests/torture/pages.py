"""34: texts and labels that a spreadsheet, a browser or a terminal would obey, in everything that we write."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pyarrow.parquet as pq

from tests.torture.bad_input import put
from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import LENIENT, RAW, plain
from tests.torture.rows import LABELS, Row, as_csv, easy_rows
from tests.torture.workspace import Workspace

SCRIPT = "<script>new Image().src='http://203.0.113.7/x'</script>"
IMAGE = "<img src=http://203.0.113.7/y onerror=alert(1)>"
BREAKOUT = "</script></style></textarea>--><svg onload=alert(2)>"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(1+9)*cmd", "\t=1+1")
ESCAPES = "red \x1b[31mtext\x1b]0;owned\x07"
TEMPLATE = "{{ 7 * 191 }} {% raw %} ${7*191}"
TEXTS = (SCRIPT, IMAGE, BREAKOUT, *FORMULAS, TEMPLATE, "\u202egnp.exe\u2066")
HOSTILE_LABELS = dict(zip(LABELS, (f"=1+1 {IMAGE}", "../../../evil", f"a/b {SCRIPT}"), strict=True))
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Written:
    """A workspace whose data were hostile throughout, after every stage and the registration."""

    workspace: Workspace
    done: Done
    rows: list[Row]
    predicted: Done


def written(place: Place) -> Written:
    """Done once for all cases."""
    return place.lab.once("hostile_texts", _write)


def _write(place: Place) -> Written:
    workspace = place.copy(plain(place.lab))
    kept = [(f"{text} {TEXTS[number % len(TEXTS)]}", label) for number, (text, label) in enumerate(easy_rows(60))]
    first = [
        (f"{TEXTS[number % len(TEXTS)]} {text}", label) for number, (text, label) in enumerate(easy_rows(20, seed=5))
    ]
    rows = [(text, HOSTILE_LABELS[label]) for text, label in (*kept, *first)]
    aside = [(f"{ESCAPES} {number}", HOSTILE_LABELS["login"]) for number in range(3)]
    aside += [(f"unknown {number}", f"{text} {number}") for number, text in enumerate(TEXTS[:4])]
    put(workspace, RAW, as_csv([*rows, *aside]))
    workspace.set(
        validate={"label_errors": "report"}, register={"gate": LENIENT | {"min_accuracy": 0, "min_macro_f1": 0}}
    )
    workspace.stages("ingest", "validate", "split", "augment", "finetune", "evaluate")
    done = workspace.finetrace("register")
    predicted = workspace.finetrace("predict", "--", *TEXTS, ESCAPES)
    return Written(workspace, done, [*rows, *aside], predicted)


def _pages(found: Written) -> list[Path]:
    pages = [path for path in found.workspace.root.rglob("*.html") if "tasks" not in path.parts]
    names = {path.name for path in pages}
    require({"report.html", "validation.html"} <= names, f"pages: {sorted(names)}")
    return pages


class _Page(HTMLParser):
    """What a browser would act upon: tags with their attributes, and the cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self.acts: list[str] = []
        self.cells: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.acts += [f"<{tag} {name}={value}>" for name, value in attrs if name.startswith("on")]
        self.acts += [f"<{tag} {name}={value}>" for name, value in attrs if "203.0.113.7" in (value or "")]
        self._in_cell = tag in ("td", "th") or (self._in_cell and tag not in ("tr", "table"))
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] += data


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _html_is_text(place: Place) -> Done:
    found = written(place)
    seen = 0
    for path in _pages(found):
        content = path.read_text(encoding="utf-8")
        for payload in (SCRIPT, IMAGE, BREAKOUT):
            require(payload not in content, f"{path.name} holds {payload!r} as it is")
        require(not _read(path).acts, f"{path.name} would act: {_read(path).acts[:2]}")
        seen += content.count("203.0.113.7")
    require(seen, "no page shows a hostile text: the case says nothing")
    return found.done


def _templates_are_text(place: Place) -> Done:
    found = written(place)
    seen = 0
    for path in _pages(found):
        content = re.sub(r"data:[^\"')]*", "", path.read_text(encoding="utf-8"))
        require("1337" not in content, f"{path.name} computed a template")
        seen += content.count("{{ 7 * 191 }}")
    require(seen, "no page shows a template: the case says nothing")
    return found.done


def _cells_are_no_formulas(place: Place) -> Done:
    found = written(place)
    cells = 0
    for path in _pages(found):
        for cell in _read(path).cells:
            cells += "cmd" in cell or "SUM" in cell
            is_number = re.fullmatch(r"\s*[+-][\d.,\s%\u202f\u2009\u2013\[\]+-]*\s*", cell) is not None
            require(
                is_number or not cell.strip().startswith(("=", "+", "-", "@")),
                f"{path.name}: a cell {cell.strip()[:60]!r}",
            )
    require(cells, "no page shows a formula: the case says nothing")
    return found.done


def _no_tables(place: Place) -> Done:
    """A csv or tsv that we wrote would need its cells looked at: there is none."""
    found = written(place)
    root = found.workspace.root
    tables = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in (".csv", ".tsv")}
    require(tables == {RAW}, f"tables of text: {sorted(tables)}")
    return found.done


def _hidden_characters(place: Place) -> Done:
    found = written(place)
    for path in [*_pages(found), found.workspace.root / "data/expectations.json"]:
        hidden = CONTROL.search(path.read_text(encoding="utf-8"))
        require(hidden is None, f"{path.name} holds {ascii(hidden[0]) if hidden else ''}")
    return found.done


def _terminal(place: Place) -> Done:
    found = written(place)
    for done in found.workspace.told:
        hidden = CONTROL.search(done.stdout + done.stderr)
        require(hidden is None, f"`{done.command}` printed {ascii(hidden[0]) if hidden else ''}")
    require("owned" in found.predicted.stdout, "predict does not show the text: the case says nothing")
    return found.predicted


def _stored_as_given(place: Place) -> Done:
    found = written(place)
    table = pq.read_table(found.workspace.root / "data/ingested/rows.parquet")
    stored = list(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    require(stored == found.rows, "ingest changed a text or label")
    kept = pq.read_table(found.workspace.root / "data/validated/rows.parquet")["text"].to_pylist()
    require(set(kept) <= {text for text, _ in found.rows}, "validate changed a text")
    labels = json.loads((found.workspace.root / "data/model/about.json").read_bytes())["labels"]
    require(set(labels) == set(HOSTILE_LABELS.values()), f"labels of the model: {labels}")
    return found.done


def _nothing_outside(place: Place) -> Done:
    """A label like ../../../evil names no file."""
    found = written(place)
    root = found.workspace.root
    beside = {path.name for path in root.parent.iterdir()} - {root.name, "tmp", "home", "dvc-site"}
    require(not beside, f"written beside the workspace: {sorted(beside)}")
    odd = [path for path in root.rglob("*") if "evil" in path.name or "<" in path.name]
    require(not odd, f"files named by labels: {odd[:3]}")
    return found.done


def _held(fault: int, sentence: str, act: Callable[[Place], Done]) -> Case:
    return Case(fault, sentence, 0, act)


CASES: list[Case] = [
    _held(
        34,
        "HTML in texts and labels is text on every page, and no page would call another machine for it",
        _html_is_text,
    ),
    _held(34, "templates in texts are text on every page", _templates_are_text),
    _held(34, "no cell of a page begins like a formula", _cells_are_no_formulas),
    _held(34, "no csv is written, whose cells a spreadsheet would obey", _no_tables),
    _held(34, "no page and no suite holds terminal escapes or bidirectional controls", _hidden_characters),
    _held(34, "no command prints terminal escapes or bidirectional controls", _terminal),
    _held(34, "stored texts and labels are as they were given", _stored_as_given),
    _held(41, "a label like a path names no file", _nothing_outside),
]
