import re

import pytest

from tasks.targets import LabelTarget
from tasks.validate.check import check_rows
from tasks.validate.page import ROWS_PER_REASON, validation_page
from tasks.validate.report import report
from tasks.validate.settings import ValidateSettings


@pytest.fixture
def page(plenty, by_word):
    def build(rows, **settings) -> str:
        defaults = {"min_rows": 10, "max_bad_fraction": 0.9, "label_errors": "off"}
        chosen = ValidateSettings(**{**defaults, **settings})
        checked = check_rows(rows, chosen, LabelTarget(), by_word)
        return validation_page(checked, report(checked, chosen.label_errors, LabelTarget()), LabelTarget())

    return build


def test_the_verdict_comes_first(page, table, plenty) -> None:
    text = page(table(*plenty, plenty[0]))
    assert "20 of 21 rows are usable; 1 set aside" in text
    assert text.index("20 of 21") < text.index("<h2")


def test_markup_in_texts_and_labels_is_escaped(page, table, plenty) -> None:
    text = page(table(*plenty, ("<script>alert(1)</script>", "<b>refund</b>")))
    assert "<script>alert" not in text
    assert "<b>refund" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(page, table, plenty, start) -> None:
    text = page(table(*plenty, (f"{start}SUM(1)", "weather")))
    assert f">{start}SUM(1)" not in text
    assert f"&#39;{start}SUM(1)" in text


def test_terminal_escapes_and_bidi_controls_are_shown_not_sent(page, table, plenty) -> None:
    text = page(table(*plenty, ("a\x1b[31mred\u202e", "refund")))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"a\u001b[31mred" in text


def test_rows_set_aside_are_listed_with_line_reason_and_advice(page, table, plenty) -> None:
    text = page(table(*plenty, ("pay me", "refnd")))
    row = re.search(r"<tr><td class=\"num\">22</td>.*</tr>", text)
    assert row is not None
    assert "label misspelt" in row[0]
    assert "did you mean &#39;refund&#39;?" in row[0]


def test_the_list_of_rows_set_aside_is_bounded_for_each_reason(page, table, plenty) -> None:
    text = page(table(*plenty, *[(f"x {n}", "refnd") for n in range(4)], *[(" " * n, "refund") for n in range(60)]))
    assert text.count("<td>text empty</td>") == ROWS_PER_REASON
    assert text.count("<td>label misspelt</td>") == 4


def test_expectations_show_whether_they_held_and_how_grave_it_is(page, table, plenty) -> None:
    text = page(table(*plenty, ("see \u200b it", "refund"), ("", "refund")))
    assert text.count("✗ failed") == 1
    assert text.count("! warning") == 1
    assert text.count("✓ held") > 10


def test_likely_label_errors_are_listed_with_the_text(page, table, plenty, by_word) -> None:
    text = page(table(*plenty, ("give me my money back at once", "delivery")), label_errors="report")
    assert "21 rows looked at, 1 found" in text
    assert "give me my money back at once" in text.split('id="label-errors"')[1].split("<h2")[0]


def test_that_nobody_looked_for_label_errors_is_said(page, table, plenty) -> None:
    assert "Not looked for (validate.label_errors is off)" in page(table(*plenty))


def test_the_page_makes_no_request(page, table, plenty) -> None:
    text = page(table(*plenty, ("see http://example.com/a.png", "weather")), label_errors="report")
    assert not re.search(
        r"<(script|img|iframe|object|embed|link (?!rel=\"icon\" href=\"data:)|base)|url\(|@import|src=", text
    )
