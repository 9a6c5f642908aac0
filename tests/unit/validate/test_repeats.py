import numpy as np
import pyarrow as pa

from tasks.targets import LabelTarget
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


def test_rows_that_are_unusable_anyway_are_no_second_opinion(table) -> None:
    rows = table(("a", "x"), ("a", "typo"))
    assert not conflicts(rows, np.array([True, False])).any()


def test_no_row_is_a_conflict_when_none_is_usable(table) -> None:
    rows = table(("a", "x"), ("a", "y"))
    assert conflicts(rows, np.zeros(2, dtype=bool)).tolist() == [False, False]


def test_same_text_keeps_the_order_over_chunks_and_scripts() -> None:
    texts = pa.chunked_array([["A  b", "É"], ["ΣΑΣ", " c\n"]])
    assert same_text(texts).to_pylist() == ["a b", "é", "σασ", "c"]  # Unicode folds both small sigmas to one
