import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
import pytest

from tasks.errors import FinetraceError
from tasks.ingest.batches import WINDOWS_1252
from tasks.table import INGESTED
from tasks.targets import LabelTarget
from tasks.validate.expectations import Checker, Outcome
from tasks.validate.settings import ValidateSettings
from tasks.validate.suite import file_suite, row_suite


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


def by_reason(outcomes: list[Outcome]) -> dict[str, Outcome]:
    return {each.reason: each for each in outcomes}


def failing(outcomes: list[Outcome]) -> dict[str, list[int]]:
    return {each.reason: each.rows.tolist() for each in outcomes if each.unexpected}


def check(checker: Checker, rows, *, chunk_rows: int = 1000, **settings) -> list[Outcome]:
    return checker.check_rows(row_suite(ValidateSettings(**settings), ["x", "y"], LabelTarget()), rows, chunk_rows)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, "x"), "text_missing"),
        (("", "x"), "text_empty"),
        ((" \u00a0\n", "x"), "text_empty"),
        (("hello world", "x"), "text_too_long"),
        (("a\x00b", "x"), "control_characters"),
        (("a\x7fb", "x"), "control_characters"),
        (("a\x81b", "x"), "control_characters"),
        (("he\x92s", "x"), "windows_1252_read_as_latin_1"),
        (("hello", None), "label_missing"),
        (("hello", "z"), "label_unknown"),
        (("hello", "X"), "label_unknown"),
        (("a\u202eb", "x"), "bidi_controls"),
        (("a\u200bb", "x"), "invisible_characters"),
        (("a\ufffdb", "x"), "replacement_characters"),
    ],
)
def test_each_kind_of_unfit_row_fails_its_own_expectation_alone(checker, table, row, reason) -> None:
    outcomes = check(checker, table(("hello", "x"), row, ("hello", "y")), max_characters=10)
    assert failing(outcomes) == {reason: [1]}
    assert not by_reason(outcomes)[reason].passed


@pytest.mark.parametrize("text", ["NA", "null", "None", "01", "שלום", "👩‍👩‍👧", "=1+1", "two\nlines", "ﬁ"])
def test_unusual_but_sound_texts_pass(checker, table, text) -> None:
    assert failing(check(checker, table((text, "x")))) == {}


def test_a_text_of_zero_width_characters_alone_is_empty(checker, table) -> None:
    assert "text_empty" in failing(check(checker, table(("\u200b\ufeff", "x"))))


def test_a_text_below_the_least_length_fails_ends_not_counted(checker, table) -> None:
    outcomes = check(checker, table(("abc", "x"), (" ab  ", "x")), min_characters=3)
    assert failing(outcomes) == {"text_too_short": [1]}


def test_control_characters_are_critical_and_bidi_controls_a_warning(checker, table) -> None:
    outcomes = by_reason(check(checker, table(("a", "x"))))
    assert outcomes["control_characters"].severity == "critical"
    assert outcomes["bidi_controls"].severity == "warning"


def test_advice_for_c1_controls_is_what_ingest_can_repair_and_no_more(checker, table) -> None:
    for code in range(0x80, 0xA0):
        (reason,) = failing(check(checker, table((f"a{chr(code)}b", "x"))))
        assert (reason == "windows_1252_read_as_latin_1") is (code in WINDOWS_1252)
    outcomes = by_reason(check(checker, table(("a", "x"))))
    advice = outcomes["windows_1252_read_as_latin_1"].advice
    assert "ingest.encoding: windows-1252" in advice and "ingest.c1_as_windows_1252: true" in advice


def test_chunks_are_added_up_and_rows_told_by_position_in_the_whole(checker, table) -> None:
    rows = table(("", "x"), ("a", "x"), ("b", "z"), ("", "x"), ("c", "x"))
    whole, chunked = (check(checker, rows, chunk_rows=size) for size in (1000, 2))
    assert failing(chunked) == failing(whole) == {"text_empty": [0, 3], "label_unknown": [2]}
    assert [each.passed for each in chunked] == [each.passed for each in whole]


def test_every_expectation_of_the_suite_has_an_outcome(checker, table) -> None:
    outcomes = check(checker, table(("a", "x")), min_characters=2)
    suite = row_suite(ValidateSettings(min_characters=2), ["x", "y"], LabelTarget())
    assert [each.reason for each in outcomes] == [each.meta["reason"] for each in suite.expectations]


def test_a_table_without_rows_fails(checker) -> None:
    frame = pd.DataFrame({name: pd.Series(dtype=str) for name in INGESTED.names})
    outcomes = by_reason(checker.check(file_suite(), frame))
    assert not outcomes["no_rows"].passed
    assert outcomes["wrong_columns"].passed


@pytest.mark.parametrize(
    "columns", [["row_id", "side", "line", "text"], [*INGESTED.names, "more"], INGESTED.names[::-1]]
)
def test_other_columns_fail(checker, columns) -> None:
    frame = pd.DataFrame([dict.fromkeys(columns, "a")])
    assert not by_reason(checker.check(file_suite(), frame))["wrong_columns"].passed


def test_an_exception_inside_a_result_is_not_a_failed_expectation(checker) -> None:
    suite = gx.ExpectationSuite(
        name="broken",
        expectations=[
            gxe.ExpectColumnValuesToBeBetween(column="absent", min_value=1, meta={"reason": "r", "advice": ""})
        ],
    )
    with pytest.raises(FinetraceError, match=r"could not evaluate expect_column_values_to_be_between \(r\).*absent"):
        checker.check(suite, pd.DataFrame({"text": ["a"]}))
