import numpy as np
import pyarrow as pa
import pytest

from tasks.errors import DataError
from tasks.targets import LabelTarget, Target
from tasks.validate.check import Checked, check_rows
from tasks.validate.report import report
from tasks.validate.settings import ValidateSettings


def check(rows: pa.Table, featurise=None, target: Target | None = None, **settings) -> Checked:
    defaults = {"min_rows": 10, "max_bad_fraction": 0.5, "label_errors": "off"}
    return check_rows(rows, ValidateSettings(**{**defaults, **settings}), target or LabelTarget(), featurise)


def aside(checked: Checked) -> list[tuple[str, list[str]]]:
    return [(row["text"], row["reasons"]) for row in checked.aside.to_pylist()]


def test_sound_rows_pass_in_their_order(table, plenty) -> None:
    rows = table(*plenty)
    checked = check(rows)
    assert checked.kept.equals(rows)
    assert checked.aside.num_rows == 0
    assert checked.labels == {"delivery": 10, "refund": 10}


def test_an_empty_table_stops_the_run(table) -> None:
    with pytest.raises(DataError, match=r"at least 1 row: not so, found 0\. Give a file with rows below its header"):
        check(table())


def test_a_misspelt_label_is_set_aside_with_the_nearest_known_one(table, plenty) -> None:
    checked = check(table(*plenty, ("my money please", "refnd")))
    assert aside(checked) == [("my money please", ["label_misspelt"])]
    assert checked.aside["advice"].to_pylist() == ["label 'refnd': did you mean 'refund'?"]


def test_each_of_many_unknown_labels_gets_its_own_advice(table, plenty) -> None:
    checked = check(table(*plenty, ("m", "REFUND"), ("n", "refnd"), ("o", "REFUND"), ("p", "weather")))
    assert checked.reasons == {"label_form": 2, "label_misspelt": 1, "label_unknown": 1}
    advice = checked.aside["advice"].to_pylist()
    assert advice[0] == advice[2] == "label 'REFUND': did you mean 'refund'? (differs in letter case)"
    assert advice[1] == "label 'refnd': did you mean 'refund'?"
    assert advice[3].startswith("label 'weather': none of the 2 known labels ('delivery', 'refund')")


def test_a_row_with_two_faults_is_told_both(table, plenty) -> None:
    checked = check(table(*plenty, (" ", "Refund")))
    assert aside(checked) == [(" ", ["text_empty", "label_form"])]


def test_listed_labels_are_the_known_ones_and_no_others(table, plenty) -> None:
    checked = check(table(*plenty, *[(f"hi {n}", "greeting") for n in range(6)]), labels=("delivery", "refund"))
    assert checked.reasons == {"label_unknown": 6}


def test_a_listed_label_with_too_few_usable_rows_stops_the_run(table, plenty) -> None:
    with pytest.raises(DataError, match=r"at least 5 usable rows .*'greeting' has 1\. Add rows"):
        check(table(*plenty, ("hi", "greeting")), labels=("delivery", "refund", "greeting"))


def test_a_label_that_only_the_test_file_has_is_unknown(table, plenty) -> None:
    checked = check(table(*plenty, test=(("where", "delivery"), *[(f"hi {n}", "greeting") for n in range(6)])))
    assert checked.reasons == {"label_unknown": 6}


def test_a_learned_label_that_duplicates_alone_made_frequent_is_set_aside(table, plenty) -> None:
    rows = table(*plenty, *[("hi", "greeting")] * 5)
    assert check(rows).reasons == {"duplicate": 4, "label_too_rare": 1}


def test_rows_of_the_test_file_do_not_make_a_label_frequent_enough(table, plenty) -> None:
    official = [("where", "delivery"), *[(f"hey {n}", "greeting") for n in range(6)]]
    checked = check(table(*plenty, *[("hi", "greeting")] * 5, test=official))
    assert checked.reasons == {"label_too_rare": 7, "duplicate": 4}


def test_duplicates_are_dropped_but_for_the_first_and_do_not_count_as_bad(table, plenty) -> None:
    checked = check(table(*plenty, plenty[0], plenty[0]), max_bad_fraction=0)
    assert checked.reasons == {"duplicate": 2}
    assert checked.kept.num_rows == 20
    assert checked.aside["advice"].to_pylist() == ["repeats line 2", "repeats line 2"]


def test_duplicates_are_kept_if_asked(table, plenty) -> None:
    checked = check(table(*plenty, plenty[0]), duplicates="keep")
    assert (checked.kept.num_rows, checked.repeated) == (21, 1)


def test_conflicting_rows_are_all_dropped_and_each_is_told_the_labels_and_lines(table, plenty) -> None:
    checked = check(table(*plenty, ("Where is it", "refund"), ("where  is it", "delivery"), ("WHERE is it", "refund")))
    assert checked.reasons == {"conflicting_labels": 3}
    assert set(checked.aside["advice"].to_pylist()) == {
        "the same text is labelled 'refund' (line 22), 'delivery' (line 23): decide on one"
    }


def test_a_misspelt_label_does_not_bring_the_sound_row_of_its_text_into_conflict(table, plenty) -> None:
    checked = check(table(*plenty, (plenty[0][0], "refnd")))
    assert aside(checked) == [(plenty[0][0], ["label_misspelt"])]


def test_a_row_that_contradicts_the_test_file_is_set_aside_and_the_test_row_stays(table, plenty) -> None:
    checked = check(
        table(*plenty, ("WHERE is it", "refund"), test=(("where is it", "delivery"), ("my money", "refund")))
    )
    assert checked.reasons == {"conflict_with_held_out": 1}
    assert aside(checked) == [("WHERE is it", ["conflict_with_held_out"])]
    advice = checked.aside["advice"][0].as_py()
    assert "'refund' (line 22)" in advice
    assert "'delivery' (line 2 of the official test file)" in advice
    assert checked.kept["side"].to_pylist().count("test") == 2


def test_contradictions_of_the_test_file_count_as_bad_rows(table, plenty) -> None:
    with pytest.raises(DataError, match="conflict_with_held_out 1"):
        check(table(*plenty, ("it", "refund"), test=(("it", "delivery"),)), max_bad_fraction=0)


def test_contradictions_of_the_test_file_are_counted_where_conflicts_are_kept(table, plenty) -> None:
    checked = check(table(*plenty, ("it", "refund"), test=(("it", "delivery"),)), conflicts="keep")
    numbers = report(checked, "off", LabelTarget())
    assert numbers["warnings"] == {"conflicts_with_held_out_kept": 1}
    assert (numbers["conflicts"]["with_held_out_rows"], numbers["conflicts"]["held_out_rows"]) == (1, 1)


def test_conflicts_are_kept_if_asked(table, plenty) -> None:
    checked = check(table(*plenty, ("it", "refund"), ("it", "delivery")), conflicts="keep")
    assert (checked.kept.num_rows, int(checked.conflicts.on_side.sum())) == (22, 2)


def test_too_many_bad_rows_stop_the_run_and_are_told_with_reasons_counts_and_lines(table, plenty) -> None:
    rows = table(*plenty, ("", "refund"), *[(f"where {n}", "delivry") for n in range(4)])
    with pytest.raises(DataError) as error:
        check(rows, max_bad_fraction=0.19)
    assert str(error.value) == (
        "5 of 25 rows (20.0%) are unusable, more than validate.max_bad_fraction allows (19.0%): "
        "label_misspelt 4 (lines 23, 24, 25, …: label 'delivry': did you mean 'delivery'?); "
        "text_empty 1 (line 22: write a text, or delete the row). "
        "Mend the file, or raise the limit in params.yaml."
    )


def test_exactly_the_allowed_share_of_bad_rows_passes(table, plenty) -> None:
    assert check(table(*plenty, *[("", "refund")] * 5), max_bad_fraction=0.2, duplicates="keep").kept.num_rows == 20


def test_too_few_usable_rows_stop_the_run_with_the_minimum_stated(table, plenty) -> None:
    with pytest.raises(DataError, match=r"At least 21 usable rows \(validate.min_rows\): not so, found 20"):
        check(table(*plenty, test=(("where", "delivery"),)), min_rows=21)  # the test row cannot be learned from


def test_one_label_stops_the_run(table, plenty) -> None:
    with pytest.raises(DataError, match="at least 2 labels, and only 'refund' has"):
        check(table(*plenty[:10]))


def test_a_test_file_without_a_usable_row_stops_the_run(table, plenty) -> None:
    with pytest.raises(DataError, match="official test file has at least 1 usable row: not so, found 0"):
        check(table(*plenty, test=(("", "refund"),)))


def test_a_line_of_the_test_file_is_named_as_such(table, plenty) -> None:
    with pytest.raises(DataError, match=r"text_empty 1 \(line 3 of the official test file"):
        check(table(*plenty, test=(("where", "delivery"), ("", "refund"))), max_bad_fraction=0)


@pytest.mark.parametrize("side", ["val", "extra:shifted"])
def test_rows_of_an_official_val_and_of_further_tests_make_no_label_known(table, plenty, side) -> None:
    held_out = [("where", "delivery"), *[(f"hey {n}", "greeting") for n in range(6)]]
    checked = check(table(*plenty, **{side: held_out}))
    assert checked.reasons == {"label_unknown": 6}
    assert {each["label"] for each in checked.kept.to_pylist() if each["side"] == side} == {"delivery"}


@pytest.mark.parametrize(
    ("side", "named"), [("val", "official val file"), ("extra:shifted", "further test set 'shifted'")]
)
def test_each_held_out_file_needs_a_usable_row_and_is_named(table, plenty, side, named) -> None:
    with pytest.raises(DataError, match=f"The {named} has at least 1 usable row: not so, found 0"):
        check(table(*plenty, **{side: (("", "refund"),)}))
    with pytest.raises(DataError, match=rf"text_empty 1 \(line 3 of the {named}"):
        check(table(*plenty, **{side: (("where", "delivery"), ("", "refund"))}), max_bad_fraction=0)


def test_a_likely_label_error_is_reported_with_its_place_among_all_rows(table, plenty, by_word) -> None:
    rows = table(("", "refund"), *plenty, ("give me my money back at once", "delivery"), ("money money", "refund"))
    checked = check(rows, by_word, label_errors="report")
    assert checked.label_errors is not None
    assert [(each.position, each.suggested) for each in checked.label_errors.suspects] == [(21, "refund")]
    assert checked.reasons == {"text_empty": 1}


def test_a_likely_label_error_is_set_aside_if_asked(table, plenty, by_word) -> None:
    checked = check(table(*plenty, ("give me my money back at once", "delivery")), by_word, label_errors="drop")
    assert aside(checked) == [("give me my money back at once", ["likely_label_error"])]
    assert checked.aside["advice"].to_pylist() == ["reads like 'refund'"]


def test_dropped_label_errors_count_as_bad_rows(table, plenty, by_word) -> None:
    with pytest.raises(DataError, match="likely_label_error 1"):
        check(
            table(*plenty, ("give me my money back at once", "delivery")),
            by_word,
            label_errors="drop",
            max_bad_fraction=0.01,
        )


def test_test_rows_and_unusable_rows_are_not_looked_at_for_label_errors(table, plenty) -> None:
    seen: list[str] = []

    def featurise(texts: list[str]) -> np.ndarray:
        seen.extend(texts)
        return np.random.default_rng(0).normal(size=(len(texts), 2)).astype(np.float32)

    check(table(*plenty, (" ", "refund"), test=(("where", "delivery"),)), featurise, label_errors="report")
    assert seen == [text for text, _ in plenty]


def test_at_most_so_many_rows_are_looked_at_as_the_settings_say(table) -> None:
    rows = table(*[(f"text {n}", ("refund", "delivery")[n % 2]) for n in range(150)])
    looked_at: list[int] = []

    def featurise(texts: list[str]) -> np.ndarray:
        looked_at.append(len(texts))
        return np.zeros((len(texts), 2), dtype=np.float32)

    check(rows, featurise, label_errors="report", label_error_rows=100)
    assert looked_at == [100]
