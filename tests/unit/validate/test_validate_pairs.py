"""Rows that are pairs of texts: both are checked, and repeats and conflicts are of the pair."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tasks.digest import row_id
from tasks.paths import Paths
from tasks.table import INGESTED, write_table
from tasks.targets import LabelTarget
from tasks.texts import Text
from tasks.validate.check import check_rows
from tasks.validate.settings import ValidateSettings
from tasks.validate.stage import run
from tests.unit.validate.test_validate_stage import BASE

SOUND = [(f"a dog runs in street {n}", f"an animal moves {n}", "yes") for n in range(10)] + [
    (f"a dog runs in street {n}", f"a cat sleeps {n}", "no") for n in range(10)
]
ODD = "a \u202e dog", "a cat"


def rows_of(*rows: tuple[str, str, str]) -> pa.Table:
    records = [
        {"row_id": row_id(text, label, pair), "side": "any", "line": line, "text": text, "pair": pair, "label": label}
        for line, (text, pair, label) in enumerate([*SOUND, *rows], 2)
    ]
    return pa.Table.from_pylist(records, schema=INGESTED)


def aside(*rows: tuple[str, str, str], **settings: Any) -> list[dict[str, Any]]:
    chosen = ValidateSettings(**{"min_rows": 10, "max_bad_fraction": 0.5, "label_errors": "off", **settings})
    found: list[dict[str, Any]] = check_rows(
        rows_of(*rows), chosen, LabelTarget(), lambda _: np.zeros((0, 0))
    ).aside.to_pylist()
    return found


@pytest.mark.parametrize(
    ("text", "pair", "reason"),
    [
        ("a dog", "  ", "pair_empty"),
        (" ", "a cat", "text_empty"),
        ("a dog", "x" * 50, "pair_too_long"),
        ("a dog", "a\x07cat", "pair_control_characters"),
        ("a dog", "ab", "pair_too_short"),
        ("ab", "a cat", "text_too_short"),
    ],
)
def test_each_text_of_a_pair_is_checked_and_the_reason_says_which(text: str, pair: str, reason: str) -> None:
    (row,) = aside((text, pair, "yes"), min_characters=3, max_characters=40)
    assert reason in row["reasons"]
    assert (row["text"], row["pair"]) == (text, pair)


def test_hidden_characters_of_the_second_text_are_a_warning_of_its_own() -> None:
    settings = ValidateSettings(min_rows=10, label_errors="off")
    rows = rows_of(("a dog", ODD[0], "yes"), (ODD[0], "a dog", "yes"))
    outcomes = check_rows(rows, settings, LabelTarget(), lambda _: np.zeros((0, 0))).outcomes["row"]
    failed = {each.reason: each.unexpected for each in outcomes if not each.passed}
    assert failed == {"bidi_controls": 1, "pair_bidi_controls": 1}


def test_a_duplicate_repeats_both_texts_and_a_shared_one_is_none() -> None:
    (row,) = aside((*SOUND[3][:2], "yes"))
    assert (row["reasons"], row["advice"]) == (["duplicate"], "repeats line 5")


def test_a_conflict_is_one_pair_under_two_labels_whatever_its_case() -> None:
    text, pair, _ = SOUND[4]
    found = aside((text.upper(), pair, "no"))
    assert [row["line"] for row in found] == [6, 22]
    assert found[0]["advice"] == "the same pair is labelled 'yes' (line 6), 'no' (line 22): decide on one"


def test_texts_that_change_places_are_another_pair() -> None:
    text, pair, _ = SOUND[4]
    assert aside((pair, text, "no")) == []


def test_label_errors_are_looked_for_on_pairs() -> None:
    seen: list[Text] = []

    def featurise(texts: list[Text]) -> np.ndarray:
        seen.extend(texts)
        return np.array([["animal" in text[1], "cat" in text[1]] for text in texts], dtype=np.float32)

    rows = rows_of(("a dog runs in street x", "a cat sleeps now", "yes"))
    found = check_rows(rows, ValidateSettings(min_rows=10), LabelTarget(), featurise).label_errors
    assert seen[-1] == ("a dog runs in street x", "a cat sleeps now")
    assert found is not None
    assert [each.position for each in found.suspects] == [20]


def test_the_page_and_the_suites_show_both_texts(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    write_table(paths.ingested, rows_of(("a dog", "<b>\x07", "yes")), INGESTED)
    settings = ValidateSettings(min_rows=10, label_errors="off", max_bad_fraction=0.5)
    run(paths, validate=settings, base=BASE)
    page = paths.validation_page.read_text()
    assert "<th>second text</th>" in page
    assert "&lt;b&gt;\\u0007" in page
    assert "pair_control_characters" in paths.expectations.read_text()
