"""30 and 31: labels that are nearly the known ones, and files with too little in them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from tests.torture.bad_input import put, ready, refused, unchanged
from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import RAW
from tests.torture.rows import LABELS, Row, as_csv, easy_rows

GOOD = easy_rows(60)
CAFE = "caf\u00e9"
NEAR = {
    "a letter is missing": ("paymnt", "payment"),
    "two letters are swapped": ("shippnig", "shipping"),
    "the case is another": ("Login", "login"),
    "a space stands at its end": ("login ", "login"),
    "a space stands before it": (" payment", "payment"),
    "a no-break space stands at its end": ("payment\u00a0", "payment"),
    "a zero-width space stands in it": ("ship\u200bping", "shipping"),
    "its letters are full-width": ("ｌｏｇｉｎ", "login"),
    "its accent is written apart (NFD)": ("cafe\u0301", "caf"),
}
"""What is wrong with a label → the label, the beginning of the known one that must be named."""


@dataclass(frozen=True)
class Nearby:
    """What validate did with one row of each near label."""

    aside: dict[str, dict[str, Any]]
    """By label, the quarantined row."""
    done: Done


def _nearby(place: Place) -> Nearby:
    def make(made_in: Place) -> Nearby:
        workspace = ready(made_in)
        fourth = [(f"{text} cup", CAFE) for text, _ in easy_rows(20, seed=3)]
        put(
            workspace, RAW, as_csv([*GOOD, *fourth, *((f"row about {key}", label) for key, (label, _) in NEAR.items())])
        )
        workspace.stages("ingest")
        done = workspace.stage("validate")
        rows = pq.read_table(workspace.root / "data/validated/quarantine.parquet").to_pylist()
        return Nearby({each["label"]: each for each in rows}, done)

    return place.lab.once("near_labels", make)


def _near(wrong: str) -> Callable[[Place], Done]:
    label, known = NEAR[wrong]

    def act(place: Place) -> Done:
        found = _nearby(place)
        row = found.aside.get(label)
        require(row is not None, f"{label!r} was not set aside: {found.done.last_words}")
        assert row is not None
        require(f"did you mean '{known}" in row["advice"], f"advice: {row['advice']}")
        return found.done

    return act


def _stops(rows: list[Row], *words: str, validate: dict[str, Any] | None = None) -> Callable[[Place], Done]:
    """ingest reads these rows, and validate must stop with these words."""

    def act(place: Place) -> Done:
        workspace = ready(place)
        workspace.set(validate=validate or {})
        put(workspace, RAW, as_csv(rows))
        workspace.stages("ingest")
        return require_words(unchanged(workspace, "validate"), *words)

    return act


def _no_row_on_a_side(place: Place) -> Done:
    """A label of two rows passes validate if that is asked for, but cannot be on three sides."""
    workspace = ready(place)
    workspace.set(validate={"min_rows_per_label": 2})
    put(workspace, RAW, as_csv([*GOOD, ("rare wish", "rare"), ("another rare one", "rare")]))
    workspace.stages("ingest", "validate")
    return require_words(unchanged(workspace, "split"), "'rare'", "split.min_")


def _rare(place: Place) -> Done:
    """A label with a single row is set aside with the minimum told."""
    workspace = ready(place)
    put(workspace, RAW, as_csv([*GOOD, ("one of a kind", "solitaire")]))
    workspace.stages("ingest")
    done = workspace.stage("validate")
    rows = pq.read_table(workspace.root / "data/validated/quarantine.parquet").to_pylist()
    require([each["label"] for each in rows] == ["solitaire"], f"set aside: {[each['label'] for each in rows]}")
    require("min_rows_per_label" in rows[0]["advice"], f"advice: {rows[0]['advice']}")
    return done


TYPOS = [
    (text, label + chr(97 + number // 10) if number % 10 == 0 else label) for number, (text, label) in enumerate(GOOD)
]
"""Every tenth label has a letter more, each time another: no mistake is frequent."""
TWINS = [(text, f"{label} " if number % 2 else label) for number, (text, label) in enumerate(GOOD)]
SEVERAL = [
    (text, ";".join([label, LABELS[number % len(LABELS)]][: 1 + number % 2]))
    for number, (text, label) in enumerate(GOOD)
]
ONE = [(text, LABELS[0]) for text, _ in GOOD]

CASES: list[Case] = [
    *(Case(30, f"a label is set aside with the nearest known one when {wrong}", 0, _near(wrong)) for wrong in NEAR),
    Case(
        30,
        "more misspelt labels than max_bad_fraction allows stop the run",
        4,
        _stops(TYPOS, "max_bad_fraction", "label_misspelt", "did you mean", "lines 2, 12"),
    ),
    Case(30, "two frequent labels that look the same stop the run", 4, _stops(TWINS, "'login '", "space")),
    Case(
        30,
        "labels that validate.labels does not list stop the run when they are many",
        4,
        _stops(GOOD, "login", validate={"labels": ["payment", "shipping"]}),
    ),
    Case(
        30,
        "several labels in one field are named, with what to set",
        4,
        _stops(SEVERAL, "several labels in one field", 'problem: {target: {kind: labels, separator: ";"}}'),
    ),
    refused(31, "an empty file is refused", "", "rows.csv"),
    refused(31, "a file with a byte order mark alone is refused", b"\xef\xbb\xbf", "rows.csv"),
    refused(31, "a header without rows is refused", "text,label\n", "rows.csv", "no rows"),
    refused(31, "an empty jsonl is refused", "", "rows.jsonl", "no rows", name="data/raw/rows.jsonl"),
    Case(31, "one class stops the run with the minimum told", 4, _stops(ONE, "2 labels", "min_rows_per_label")),
    Case(31, "fewer rows than min_rows stop the run", 4, _stops(easy_rows(20), "validate.min_rows", "100")),
    Case(31, "a class with one row is set aside with the minimum told", 0, _rare),
    Case(
        31,
        "a listed label without enough rows stops the run by name",
        4,
        _stops(GOOD, "'returns' has 0", "min_rows_per_label", validate={"labels": [*LABELS, "returns"]}),
    ),
    Case(31, "a class without rows on a side stops the run with the minimum told", 4, _no_row_on_a_side),
]
