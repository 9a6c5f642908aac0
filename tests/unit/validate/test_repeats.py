import numpy as np
import pyarrow as pa

from tasks.targets import LabelTarget
from tasks.targets.number import NumberTarget
from tasks.validate.repeats import find_conflicts, find_duplicates, first_lines, same_text


def everywhere(rows: pa.Table) -> np.ndarray:
    return np.ones(rows.num_rows, dtype=bool)


def conflicts(rows: pa.Table, among: np.ndarray) -> np.ndarray:
    return find_conflicts(rows, among, LabelTarget()).on_side


def test_a_duplicate_repeats_text_and_label_and_the_first_is_none(table) -> None:
    rows = table(("a", "x"), ("a", "y"), ("a", "x"), ("A", "x"), ("a", "x"))
    assert find_duplicates(rows).tolist() == [False, False, True, False, True]


def test_duplicates_are_told_the_line_of_the_first(table) -> None:
    rows = table(("b", "x"), ("a", "x"), ("a", "x"), ("a", "x"))
    assert first_lines(rows, find_duplicates(rows)).tolist() == [0, 0, 3, 3]


def test_a_test_row_does_not_duplicate_a_train_row(table) -> None:
    rows = table(("a", "x"), test=(("a", "x"), ("a", "x")))
    duplicates = find_duplicates(rows)
    assert duplicates.tolist() == [False, False, True]
    assert first_lines(rows, duplicates).tolist() == [0, 0, 2]  # line 2 of the test file


def test_one_text_under_two_labels_is_a_conflict_of_all_its_rows(table) -> None:
    rows = table(("a", "x"), ("b", "x"), ("a", "y"), ("a", "x"))
    assert conflicts(rows, everywhere(rows)).tolist() == [True, False, True, True]


def test_conflicts_look_through_case_space_and_unicode_form(table) -> None:
    rows = table(("Café  late", "x"), ("cafe\u0301 LATE ", "y"), ("STRASSE", "x"), ("straße", "y"), ("cafe late", "z"))
    assert conflicts(rows, everywhere(rows)).tolist() == [True, True, True, True, False]


def test_a_test_row_does_not_conflict_with_a_train_row(table) -> None:
    rows = table(("a", "x"), test=(("a", "y"),))
    assert not conflicts(rows, everywhere(rows)).any()


def test_a_row_to_learn_from_that_contradicts_an_official_one_is_told_apart(table) -> None:
    rows = table(("a", "x"), ("A ", "y"), ("b", "x"), ("b", "y"), ("c", "x"), test=(("a", "y"), ("c", "x"), ("b", "x")))
    found = find_conflicts(rows, everywhere(rows), LabelTarget())
    assert found.on_side.tolist() == [True, True, True, True, False, False, False, False]
    assert found.with_held_out.tolist() == [True, False, False, True, False, False, False, False]
    assert found.contradicted.tolist() == [False] * 5 + [True, False, True]
    assert found.group[0] == found.group[1] == found.group[5] >= 0
    assert found.group[4] == -1


def test_an_official_test_stands_above_an_official_val_and_further_tests_below_all() -> None:
    sides = ["val", "test", "any", "extra:shifted", "extra:shifted"]
    texts = ["a", "a", "b", "b", "a"]
    labels = ["x", "y", "x", "y", "x"]
    rows = pa.table({"side": sides, "text": texts, "pair": pa.nulls(5, pa.string()), "label": labels})
    found = find_conflicts(rows, everywhere(rows), LabelTarget())
    assert np.flatnonzero(found.with_held_out).tolist() == [0]
    assert np.flatnonzero(found.contradicted).tolist() == [1]
    assert np.flatnonzero(found.with_extra).tolist() == [2]


def test_numbers_of_one_text_contradict_each_other_beyond_the_tolerance(table) -> None:
    rows = table(("a", "1.0"), ("a", "1.5"), ("b", "1.0"), ("b", "1.1"), test=(("a", "1.05"), ("b", "2.0")))
    found = find_conflicts(rows, everywhere(rows), NumberTarget(tolerance=0.2))
    assert found.on_side.tolist() == [True, True, False, False, False, False]
    assert found.with_held_out.tolist() == [False, True, True, True, False, False]


def test_rows_that_are_unusable_anyway_are_no_second_opinion(table) -> None:
    rows = table(("a", "x"), ("a", "typo"))
    assert not conflicts(rows, np.array([True, False])).any()


def test_no_row_is_a_conflict_when_none_is_usable(table) -> None:
    rows = table(("a", "x"), ("a", "y"))
    assert conflicts(rows, np.zeros(2, dtype=bool)).tolist() == [False, False]


def test_same_text_keeps_the_order_over_chunks_and_scripts() -> None:
    texts = pa.chunked_array([["A  b", "É"], ["ΣΑΣ", " c\n"]])
    assert same_text(texts).to_pylist() == ["a b", "é", "σασ", "c"]  # Unicode folds both small sigmas to one
