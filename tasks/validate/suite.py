"""Settings and known labels → what is expected of the rows, as Great Expectations suites.

Critical: a row that fails is quarantined, a table that fails stops the run. Warning: reported. Each expectation carries
its reason (one word) and an advice in `meta`.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe

from tasks.table import INGESTED, held_out_file
from tasks.targets import Target
from tasks.validate.characters import (
    BIDI_CONTROLS,
    C1_PUNCTUATION,
    INVISIBLE,
    NOTHING_SEEN,
    OTHER_CONTROLS,
    REPLACEMENT,
    UNTIDY,
)
from tasks.validate.labels import quoted
from tasks.validate.settings import ValidateSettings

LENGTHS = {"text": "characters", "pair": "pair_characters"}
"""The columns of texts, and those with characters.visible_lengths of each that the row suite looks at beside them."""

MISTAKE = "label_mistake"
"""The column of what target.mistake says of each row."""
UNKNOWN = "unknown_class"
"""The column of the first class that a row of several names and that is not known."""
UNKNOWN_LABEL = "label_unknown"
MOST_SHARE = 0.9


def file_suite() -> gx.ExpectationSuite:
    """What is expected of the table as it was read. Expectations about rows pass on no rows: hence the count."""
    return _suite(
        "file",
        gxe.ExpectTableColumnsToMatchOrderedList(
            column_list=INGESTED.names,
            **_critical("wrong_columns", "The columns are exactly those that ingest writes", "Run ingest again"),
        ),
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1, **_critical("no_rows", "There is at least 1 row", "Give a file with rows below its header")
        ),
    )


def row_suite(
    settings: ValidateSettings, labels: Sequence[str], target: Target, *, pairs: bool = False
) -> gx.ExpectationSuite:
    """What is expected of each row: a text of a sensible length (or two), nothing hidden in it, a target that can be
    learned."""
    columns = ["text", "pair"] if pairs else ["text"]
    return _suite(
        "row",
        *(each for column in columns for each in _text_expectations(settings, column)),
        *_target_expectations(settings, labels, target),
        *(each for column in columns for each in _hidden_characters(column)),
    )


def kept_suite(settings: ValidateSettings, target: Target) -> gx.ExpectationSuite:
    """What is expected of the usable rows that can be learned from (an official test's are not among them)."""
    more = "Add rows, or lower validate.min_rows in params.yaml"
    differ = (
        "At least 2 labels have usable rows" if target.has_one_class else "The usable rows are not all answered alike"
    )
    second = "Add rows of a second label" if target.has_one_class else "Add rows that are answered otherwise"
    return _suite(
        "kept",
        gxe.ExpectTableRowCountToBeBetween(
            min_value=settings.min_rows,
            **_critical("too_few_rows", f"At least {settings.min_rows} usable rows (validate.min_rows)", more),
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="label", min_value=2, **_critical("too_few_labels", differ, second)
        ),
    )


def label_suite(settings: ValidateSettings) -> gx.ExpectationSuite:
    """What is expected of each known label's count among the usable rows that can be learned from."""
    minimum = settings.min_rows_per_label
    return _suite(
        "label",
        gxe.ExpectColumnValuesToBeBetween(
            column="rows",
            min_value=minimum,
            **_critical(
                "label_too_rare",
                f"Every label has at least {minimum} usable rows (validate.min_rows_per_label)",
                "Add rows, lower the minimum, or take the label out of validate.labels",
            ),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="share",
            max_value=MOST_SHARE,
            **_warning("label_dominates", f"No label has more than {MOST_SHARE:.0%} of the rows"),
        ),
    )


def held_out_suite(side: str) -> gx.ExpectationSuite:
    """What is expected of the usable rows of an official test or val file, or of a further test set."""
    description = f"The {held_out_file(side)} has at least 1 usable row"
    return _suite(
        side,
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1, **_critical(f"empty_{side}", description, "Fix it, or take it away")
        ),
    )


def suites_json(suites: Sequence[gx.ExpectationSuite]) -> str:
    """The suites as JSON that Great Expectations can load; characters that hide are written as escapes."""
    values = {suite.name: suite.to_json_dict() for suite in suites}
    text = json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    return re.sub(f"{NOTHING_SEEN}|{REPLACEMENT}", _escape, text)


def _text_expectations(settings: ValidateSettings, column: str) -> list[gxe.Expectation]:
    shortest, longest = settings.min_characters, settings.max_characters
    name, prefix, place = _called(column)
    expectations = [
        gxe.ExpectColumnValuesToNotBeNull(
            column=column, **_critical(f"{column}_missing", f"There is a {name}", f"write a {name}, or delete the row")
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column=LENGTHS[column],
            min_value=1,
            **_critical(f"{column}_empty", f"The {name} is more than space", f"write a {name}, or delete the row"),
        ),
        gxe.ExpectColumnValueLengthsToBeBetween(
            column=column,
            max_value=longest,
            **_critical(
                f"{column}_too_long",
                f"The {name} has at most {longest} characters",
                f"shorten the {name}, or raise validate.max_characters",
            ),
        ),
        gxe.ExpectColumnValuesToNotMatchRegex(
            column=column,
            regex=OTHER_CONTROLS,
            **_critical(
                f"{prefix}control_characters",
                f"No control characters{place}",
                f"delete the control characters from the {name}",
            ),
        ),
        gxe.ExpectColumnValuesToNotMatchRegex(
            column=column,
            regex=C1_PUNCTUATION,
            **_critical(
                f"{prefix}windows_1252_read_as_latin_1",
                f"No punctuation of Windows-1252 as control characters (U+0080 to U+009F){place}",
                "if ingest.encoding is latin-1, set ingest.encoding: windows-1252; else the file was spoilt before: "
                "ingest.c1_as_windows_1252: true repairs it",
            ),
        ),
    ]
    if shortest > 1:
        short = _critical(
            f"{column}_too_short",
            f"The {name} has at least {shortest} characters",
            f"lengthen the {name}, or lower validate.min_characters",
        )
        expectations.append(gxe.ExpectColumnValuesToBeBetween(column=LENGTHS[column], min_value=shortest, **short))
    return expectations


def _called(column: str) -> tuple[str, str, str]:
    """What a column of texts is called, and what a reason and a description that name no text add for it."""
    return ("text", "", "") if column == "text" else ("second text", f"{column}_", " in the second text")


def _target_expectations(settings: ValidateSettings, labels: Sequence[str], target: Target) -> list[gxe.Expectation]:
    there = _critical("label_missing", "There is a label", "write a label, or delete the row")
    expectations = [gxe.ExpectColumnValuesToNotBeNull(column="label", **there)]
    if not target.is_stored_as_written:
        makes_sense = _critical("label_invalid", f"The label column holds {target.reads}", f"write {target.reads}")
        expectations.append(gxe.ExpectColumnValuesToBeNull(column=MISTAKE, **makes_sense))
    if target.has_classes:
        expectations.append(_known(settings, labels, target))
    if target.is_stored_as_written:
        tidy = _warning("label_untidy", "The label has no space at its ends and nothing invisible")
        expectations.append(gxe.ExpectColumnValuesToNotMatchRegex(column="label", regex=UNTIDY, **tidy))
    return expectations


def _known(settings: ValidateSettings, labels: Sequence[str], target: Target) -> gxe.Expectation:
    known = ", ".join(quoted(label, 30) for label in labels[:5]) + (", …" if len(labels) > 5 else "")
    learned = f"; a label is known from {settings.min_rows_per_label} rows on (validate.min_rows_per_label)"
    advice = f"none of the {len(labels)} known labels ({known})" + (learned if settings.labels is None else "")
    if target.has_one_class:
        is_known = _critical(UNKNOWN_LABEL, "The label is one of the known ones", advice)
        return gxe.ExpectColumnValuesToBeInSet(column="label", value_set=list(labels), **is_known)
    all_known = _critical(UNKNOWN_LABEL, "The row names known labels only", advice)
    return gxe.ExpectColumnValuesToBeNull(column=UNKNOWN, **all_known)


def _hidden_characters(column: str) -> list[gxe.Expectation]:
    _, prefix, place = _called(column)
    patterns = {
        "bidi_controls": (BIDI_CONTROLS, "No characters that reorder the text as it is shown"),
        "invisible_characters": (INVISIBLE, "No zero-width characters"),
        "replacement_characters": (REPLACEMENT, "No sign of a wrong encoding (U+FFFD)"),
    }
    return [
        gxe.ExpectColumnValuesToNotMatchRegex(
            column=column, regex=pattern, **_warning(f"{prefix}{reason}", f"{description}{place}")
        )
        for reason, (pattern, description) in patterns.items()
    ]


def _suite(name: str, *expectations: gxe.Expectation) -> gx.ExpectationSuite:
    return gx.ExpectationSuite(name=name, expectations=list(expectations))


def _critical(reason: str, description: str, advice: str) -> dict[str, Any]:
    return {"severity": "critical", "description": description, "meta": {"reason": reason, "advice": advice}}


def _warning(reason: str, description: str) -> dict[str, Any]:
    return {"severity": "warning", "description": description, "meta": {"reason": reason, "advice": ""}}


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
