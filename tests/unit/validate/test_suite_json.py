import json

import great_expectations as gx

from tasks.targets import LabelTarget
from tasks.validate.settings import ValidateSettings
from tasks.validate.suite import file_suite, held_out_suite, kept_suite, label_suite, row_suite, suites_json

SETTINGS = ValidateSettings(min_rows=7, min_rows_per_label=3, max_characters=50, min_characters=2)


def suites(*labels: str) -> list[gx.ExpectationSuite]:
    return [
        file_suite(),
        row_suite(SETTINGS, labels, LabelTarget()),
        kept_suite(SETTINGS, LabelTarget()),
        label_suite(SETTINGS),
        held_out_suite("test"),
    ]


def test_great_expectations_loads_what_was_written() -> None:
    written = json.loads(suites_json(suites("café", "refund")))
    loaded = gx.ExpectationSuite(**written["row"])
    assert [each.configuration.kwargs for each in loaded.expectations] == [
        each.configuration.kwargs for each in suites("café", "refund")[1].expectations
    ]


def test_the_suites_are_readable_and_hide_nothing() -> None:
    text = suites_json(suites("café", "refund"))
    assert "café" in text
    assert "\\u202e" in text
    assert not any(character in text for character in "\x00\x1b\u202e\u200b\ufeff\ufffd")


def test_the_same_settings_give_the_same_bytes() -> None:
    assert suites_json(suites("a", "b")) == suites_json(suites("a", "b"))


def test_every_expectation_says_its_reason_and_what_it_means_and_critical_ones_an_advice() -> None:
    for suite in suites("a", "b"):
        for each in suite.expectations:
            assert each.meta["reason"]
            assert each.description
            assert each.meta["advice"] or each.severity == "warning"


def test_reasons_are_unique_within_a_suite() -> None:
    for suite in suites("a", "b"):
        reasons = [each.meta["reason"] for each in suite.expectations]
        assert len(reasons) == len(set(reasons))
