import pytest

from tasks.errors import DataError
from tasks.validate.labels import LabelCount, alike_labels, differences, explain_labels, learn_labels, plain, quoted

KNOWN = ("café", "delivery_status", "refund")


def counts(**rows: int) -> list[LabelCount]:
    return [LabelCount(label, many, line) for line, (label, many) in enumerate(rows.items(), start=2)]


def test_labels_with_enough_rows_are_learned_and_sorted() -> None:
    assert learn_labels(counts(refund=5, delivery=9, refnud=4), min_rows=5) == ("delivery", "refund")


def test_blank_labels_and_labels_with_control_characters_are_never_learned() -> None:
    found = [*counts(a=5, b=5), LabelCount(" ", 9, 7), LabelCount("\u200b", 9, 8), LabelCount("b\x1b", 9, 9)]
    assert learn_labels(found, min_rows=5) == ("a", "b")


@pytest.mark.parametrize(
    ("twin", "difference"),
    [
        ("Refund", "letter case"),
        ("refund ", "space"),
        ("re\u200bfund", "invisible characters"),
        ("ｒefund", "Unicode form"),  # a full-width r
        (" REFUND", "letter case and space"),
    ],
)
def test_two_frequent_labels_that_look_the_same_stop_the_run_and_both_are_named(twin: str, difference: str) -> None:
    found = [LabelCount("refund", 300, 2), LabelCount("delivery", 9, 3), LabelCount(twin, 6, 14)]
    with pytest.raises(DataError) as error:
        learn_labels(found, min_rows=5)
    assert "'refund' (300 rows, first in line 2)" in str(error.value)
    assert f"{quoted(twin)} (6 rows, first in line 14) ({difference})" in str(error.value)


def test_labels_in_two_unicode_forms_are_shown_as_escapes_so_that_they_can_be_told_apart() -> None:
    found = [LabelCount("café", 9, 2), LabelCount("cafe\u0301", 9, 3)]
    with pytest.raises(DataError, match=r"'café' .* and 'cafe\\u0301' .*\(Unicode form\)|'cafe\\u0301' .* and 'café'"):
        learn_labels(found, min_rows=5)


@pytest.mark.parametrize("found", [counts(), counts(refund=500, delivery=4)])
def test_fewer_than_two_labels_stop_the_run_with_the_minimum_stated(found: list[LabelCount]) -> None:
    with pytest.raises(DataError, match=r"at least 2 labels.*5 rows or more \(validate.min_rows_per_label\)"):
        learn_labels(found, min_rows=5)


@pytest.mark.parametrize(
    ("label", "reason", "advice"),
    [
        ("refund ", "label_form", "did you mean 'refund'? (differs in space)"),
        ("refund\u00a0", "label_form", "did you mean 'refund'? (differs in space)"),
        ("REFUND", "label_form", "did you mean 'refund'? (differs in letter case)"),
        ("cafe\u0301", "label_form", "did you mean 'café'? (differs in Unicode form)"),
        ("ref\u200bund", "label_form", "did you mean 'refund'? (differs in invisible characters)"),
        ("refnud", "label_misspelt", "did you mean 'refund'?"),
        ("delivery status", "label_misspelt", "did you mean 'delivery_status'?"),
        ("Delivry_Status", "label_misspelt", "did you mean 'delivery_status'?"),
        ("weather", "label_unknown", "ask someone"),
        (" \u200b", "label_empty", "write a label"),
    ],
)
def test_an_unknown_label_gets_its_reason_and_the_nearest_known_one(label: str, reason: str, advice: str) -> None:
    mistake = explain_labels([label], KNOWN, otherwise="ask someone")[label]
    assert mistake.reason == reason
    assert advice in mistake.advice


def test_number_like_labels_are_not_taken_for_one_another() -> None:
    assert plain("01") != plain("1")


def test_labels_without_a_difference_in_form_have_different_plain_forms() -> None:
    assert len({plain(label) for label in ("NA", "null", "None", "card_arrival", "card arrival")}) == 5


def test_differences_name_each_form_that_differs() -> None:
    assert differences("Cafe\u0301 ", "café") == "Unicode form and letter case and space"


def test_a_file_with_very_many_unknown_labels_is_explained_without_comparing_all_letters(monkeypatch) -> None:
    monkeypatch.setattr("tasks.validate.labels.MOST_COMPARISONS", 90)
    unknown = [f"refun{n}" for n in range(50)]
    reasons = [mistake.reason for mistake in explain_labels(unknown, KNOWN, otherwise="").values()]
    assert reasons == ["label_misspelt"] * 30 + ["label_unknown"] * 20  # 90 comparisons with 3 labels are 30


def test_a_rare_label_that_reads_like_a_frequent_one_is_pointed_out() -> None:
    assert alike_labels({"refund_status": 100, "refund_statsu": 6, "delivery": 100}) == [
        {"label": "refund_statsu", "rows": 6, "like": "refund_status", "like_rows": 100}
    ]


def test_labels_that_read_alike_and_are_both_frequent_are_let_be() -> None:
    assert alike_labels({"refund_status": 100, "refund_statsu": 60}) == []


def test_a_quoted_label_hides_nothing_and_is_cut() -> None:
    assert quoted("a\u202eb\x1b[31m") == r"'a\u202eb\x1b[31m'"
    assert quoted("x" * 100) == "'" + "x" * 60 + "…'"
