"""What a cell shows is harmless in a browser, a spreadsheet and a terminal."""

import pytest

from tasks.report.cells import count, digest, judged, number, percent, points, safe_text, scalar
from tasks.report.dvc_template import dvc_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =cmd|' /C calc'!A0", "\t=1"])
def test_formulas_are_disarmed(text):
    assert safe_text(text).startswith("'")


@pytest.mark.parametrize("text", ["refund, please", "1=1", "👩‍👩‍👧 family", "مرحبا", "naïve", "卡"])
def test_ordinary_text_stays_as_it_is(text):
    assert safe_text(text) == text


def test_terminal_and_direction_signs_become_visible():
    assert safe_text("a\x1b[31mb\u202ec\x00") == "a\\u001b[31mb\\u202ec\\u0000"


def test_line_breaks_become_spaces_and_long_text_is_cut():
    assert safe_text("a\nb") == "a b"
    assert safe_text("x" * 500) == "x" * 400 + "…"


def test_numbers_read_well():
    assert percent(0.1234) == "12.3\u202f%"
    assert number(0.12345) == "0.123"
    assert count(1234567) == "1\u202f234\u202f567"
    assert digest("abcdef0123456789") == "abcdef012345"
    assert [percent(None), number(None), count(None), digest(None)] == ["–"] * 4


def test_differences_show_sign_and_interval_in_points():
    assert points({"value": 0.012, "low": -0.001, "high": 0.02}) == "+1.2 [−0.1, +2.0]"


@pytest.mark.parametrize(
    ("low", "high", "words"), [(0.01, 0.02, "✓ better"), (-0.02, -0.01, "✗ worse"), (-0.01, 0.01, "≈ may be chance")]
)
def test_a_difference_is_judged_by_its_interval(low, high, words):
    assert words in judged({"value": 0, "low": low, "high": high})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (True, "yes"),
        (1234, "1\u202f234"),
        (-0.0, "0"),
        (0.91273, "0.9127"),
        ("=x", "'=x"),
        ({"train": 2}, "2 train"),
    ],
)
def test_a_value_of_unknown_kind_is_shown(value, shown):
    assert scalar(value) == shown


def test_a_label_cannot_end_the_script_that_dvc_writes_it_into():
    assert "<" not in dvc_text("</script><script>alert(1)</script>")


def test_a_difference_without_numbers_is_no_pass():
    nothing = {"value": None, "low": None, "high": None}
    assert points(nothing) == "– [–, –]"
    assert "no number" in judged(nothing)
