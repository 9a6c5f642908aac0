"""Labels' names as train rows: one each, from no row of the data, and never near a held-out text."""

from pathlib import Path

import pytest

from tasks.augment.label_names import spoken
from tasks.augment.settings import AugmentSettings
from tasks.augment.stage import run
from tasks.errors import SettingsError
from tasks.table import AUGMENTED, SPLIT, read_table, write_rows
from tests.unit.augment.test_augment_stage import BASE, SWAP, a_row, workspace

NAMES = AugmentSettings(label_names=True)
TRAIN = [("where is my new card", "card_arrival"), ("money back please", "RefundNotShown"), ("the third kind", "3")]


def test_each_label_that_has_words_is_one_row_of_its_own(tmp_path: Path) -> None:
    paths = workspace(tmp_path, TRAIN)
    numbers = run(paths, augment=NAMES, base=BASE)
    *originals, one, other = read_table(paths.augmented, AUGMENTED).to_pylist()
    assert [row["method"] for row in originals] == ["original"] * 3
    assert {one["text"]: one["label"], other["text"]: other["label"]} == {
        "card arrival": "card_arrival",
        "refund not shown": "RefundNotShown",
    }
    for row in (one, other):
        assert (row["method"], row["line"], row["fold"], row["parent_id"]) == ("label_name", 0, 0, row["row_id"])
    assert numbers["rows"] == {"train": 3, "new": 2, "out": 5}
    assert numbers["thrown_away"] == {"label_without_words": 1, "label_repeats": 0, "near_held_out": 0}


def test_a_name_that_is_a_train_text_already_adds_nothing(tmp_path: Path) -> None:
    paths = workspace(tmp_path, [*TRAIN, ("card arrival", "card_arrival")])
    numbers = run(paths, augment=NAMES, base=BASE)
    assert numbers["rows"]["new"] == 1
    assert numbers["thrown_away"]["label_repeats"] == 1


def test_a_name_that_a_held_out_row_nearly_says_is_thrown_away(tmp_path: Path) -> None:
    paths = workspace(tmp_path, TRAIN, held_out=[("Card arrival?", "card_arrival")])
    numbers = run(paths, augment=NAMES, base=BASE)
    assert numbers["thrown_away"]["near_held_out"] == 1
    assert "card arrival" not in read_table(paths.augmented, AUGMENTED)["text"].to_pylist()


def test_names_and_changed_rows_can_both_be_added(tmp_path: Path) -> None:
    paths = workspace(tmp_path, TRAIN)
    run(paths, augment=AugmentSettings(label_names=True, methods=(SWAP,), copies=1), base=BASE)
    methods = read_table(paths.augmented, AUGMENTED)["method"].to_pylist()
    assert {"original", "label_name", "word_swap"} == set(methods)


def test_pairs_are_refused_with_the_key(tmp_path: Path) -> None:
    paths = workspace(tmp_path)
    write_rows(paths.train, [a_row("one", "a", pair="two"), a_row("three", "b", pair="four")], SPLIT)
    with pytest.raises(SettingsError, match=r"augment\.label_names.*pairs"):
        run(paths, augment=NAMES, base=BASE)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("card_arrival", "card arrival"),
        ("getting-spare.card/now", "getting spare card now"),
        ("CardArrival", "card arrival"),
        ("Refund not showing up", "Refund not showing up"),
        ("Überweisung", "Überweisung"),
        ("42", ""),
        ("_", ""),
    ],
)
def test_a_label_is_said_in_words(label: str, words: str) -> None:
    assert spoken(label) == words
