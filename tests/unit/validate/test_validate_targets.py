"""What makes a row bad, for each target."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from tasks.digest import row_id
from tasks.errors import DataError
from tasks.table import INGESTED
from tasks.targets import TARGETS, Target
from tasks.targets.labels import LabelsTarget
from tasks.targets.number import NumberTarget
from tasks.targets.tags import TagsTarget
from tasks.validate.check import Checked, check_rows
from tasks.validate.page import validation_page
from tasks.validate.report import report
from tasks.validate.settings import ValidateSettings

SOUND = {
    "label": ["refund", "delivery"],
    "labels": ['["delivery"]', '["delivery", "refund"]', '["refund"]'],
    "number": ["0.5", "1.0", "2.5", "4.0"],
    "tags": ["O B-city I-city O", "B-day O O O", "O O O O"],
}


def check(target: Target, *rows: tuple[str, str | None], label_errors: str = "off", **settings: object) -> Checked:
    """Thirty sound rows of the target, then these."""
    sound = SOUND[target.kind]
    filled = [(f"please send it {number}", sound[number % len(sound)]) for number in range(30)]
    records = [
        {"row_id": row_id(text, label or ""), "side": "any", "line": line, "text": text, "label": label}
        for line, (text, label) in enumerate([*filled, *rows], 2)
    ]
    defaults = {"min_rows": 10, "max_bad_fraction": 0.5, "label_errors": label_errors}
    chosen = ValidateSettings(**{**defaults, **settings})  # type: ignore[arg-type]
    return check_rows(pa.Table.from_pylist(records, schema=INGESTED), chosen, target, lambda texts: _noise(texts))


def _noise(texts: Sequence[object]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(len(texts), 3)).astype(np.float32)


def reasons(checked: Checked) -> dict[str, int]:
    return checked.reasons


@pytest.mark.parametrize("kind", list(TARGETS))
def test_sound_rows_of_every_target_pass_and_a_page_shows_them(kind: str) -> None:
    target = TARGETS[kind]()
    checked = check(target, label_errors="report")
    assert (checked.kept.num_rows, checked.aside.num_rows) == (30, 0)
    page = validation_page(checked, report(checked, "report", target), target)
    assert "30 of 30 rows are usable" in page


@pytest.mark.parametrize("kind", list(TARGETS))
def test_a_missing_target_is_told(kind: str) -> None:
    assert reasons(check(TARGETS[kind](), ("a row of its own", None))) == {"label_missing": 1}


@pytest.mark.parametrize(
    ("target", "row", "reason", "advice"),
    [
        (LabelsTarget(), ("four words are here", "[]"), "label_invalid", "problem.target.may_be_empty"),
        (LabelsTarget(), ("four words are here", '["delivery", ""]'), "label_invalid", "one of the labels is empty"),
        (LabelsTarget(), ("four words are here", '["delivery", "refnd"]'), "label_misspelt", "did you mean 'refund'?"),
        (LabelsTarget(), ("four words are here", '["weather"]'), "label_unknown", "none of the 2 known labels"),
        (NumberTarget(), ("four words are here", "four"), "label_invalid", "'four' is no finite number"),
        (NumberTarget(), ("four words are here", "inf"), "label_invalid", "no finite number"),
        (NumberTarget(high=5), ("four words are here", "7.0"), "label_invalid", "above problem.target.high (5)"),
        (TagsTarget(), ("four words are here", "O O O"), "label_invalid", "4 words but 3 tags"),
        (TagsTarget(illegal="refuse"), ("four words are here", "O I-city O O"), "label_invalid", "continues no span"),
        (TagsTarget(), ("four words are here", "O B-cty O O"), "label_misspelt", "did you mean 'city'?"),
        (TagsTarget(), ("four words are here", "O B-weather O O"), "label_unknown", "none of the 2 known labels"),
    ],
)
def test_a_bad_target_is_set_aside_with_what_to_do(
    target: Target, row: tuple[str, str], reason: str, advice: str
) -> None:
    checked = check(target, row)
    assert reasons(checked) == {reason: 1}
    assert advice in checked.aside["advice"][0].as_py()


def test_a_row_without_labels_passes_where_that_is_right() -> None:
    checked = check(LabelsTarget(may_be_empty=True), ("four words are here", "[]"))
    numbers = report(checked, "off", LabelsTarget(may_be_empty=True))
    assert (checked.aside.num_rows, numbers["unlabelled"]) == (0, 1)
    assert numbers["labels"] == {"delivery": 20, "refund": 20}


def test_a_rare_label_takes_its_rows_along_and_those_may_make_another_rare() -> None:
    rare = [(f"four words are here {number}", '["delivery", "storm", "wind"]') for number in range(5)]
    windy = ("four words are not here", '["storm"]')
    checked = check(LabelsTarget(), *rare[:4], windy, (rare[0][0], '["delivery", "storm", "wind"]'))
    assert reasons(checked)["label_too_rare"] >= 4
    assert set(checked.labels) >= {"delivery", "refund"}
    assert checked.labels["delivery"] == 20


@pytest.mark.parametrize(
    ("target", "one", "other"),
    [
        (LabelsTarget(), '["delivery"]', '["delivery", "refund"]'),
        (NumberTarget(), "1.0", "2.0"),
        (TagsTarget(), "O O B-day", "O O O"),
    ],
)
def test_one_text_with_two_targets_is_a_conflict(target: Target, one: str, other: str) -> None:
    checked = check(target, ("it is so", one), ("it is so", other))
    assert reasons(checked) == {"conflicting_labels": 2}


def test_numbers_within_the_tolerance_are_no_conflict() -> None:
    assert reasons(check(NumberTarget(tolerance=1.0), ("it is so", "1.0"), ("it is so", "2.0"))) == {}


def test_numbers_are_told_by_quantiles_and_a_histogram() -> None:
    target = NumberTarget()
    checked = check(target)
    numbers = report(checked, "report", target)
    assert (numbers["labels"], numbers["unlabelled"]) == ({}, 0)
    assert (numbers["quantiles"]["smallest"], numbers["quantiles"]["largest"]) == (0.5, 4.0)
    assert sum(numbers["histogram"].values()) == 30
    page = validation_page(checked, numbers, target)
    assert "lower quartile" in page
    assert "there is no search for them in a number" in page


def test_targets_that_are_all_alike_stop_the_run() -> None:
    records = [{"row_id": str(n), "side": "any", "line": n, "text": f"a text {n}", "label": "1.0"} for n in range(20)]
    rows = pa.Table.from_pylist(records, schema=INGESTED)
    settings = ValidateSettings(min_rows=10, label_errors="off")
    with pytest.raises(DataError, match="not all answered alike: not so, found 1"):
        check_rows(rows, settings, NumberTarget(), lambda texts: _noise(texts))


def test_listed_types_are_the_known_ones() -> None:
    assert check(TagsTarget(), labels=("city", "day")).labels == {"city": 10, "day": 10}
    assert reasons(check(TagsTarget(), ("it is so", "B-sky O O"), labels=("city", "day"))) == {"label_unknown": 1}
