"""Where slices are cut, what typos do, and how slices are scored."""

import numpy as np
import pytest

from tasks.evaluate.slice_scores import score_slices
from tasks.evaluate.slices import CUTS, Slice, SliceRows, cut_slices
from tasks.evaluate.slices.length import cut_by_length
from tasks.evaluate.slices.rare import cut_rare_labels
from tasks.evaluate.slices.typos import cut_typos, mistype
from tasks.scoring.bootstrap import Draws


def rows(test_texts, test_labels=None, train_texts=("a",), train_labels=(0,), typo_rows=100, seed=0):
    labels = [0] * len(test_texts) if test_labels is None else test_labels
    return SliceRows(
        train_texts=list(train_texts),
        train_groups=[(str(label),) for label in train_labels],
        test_texts=list(test_texts),
        test_ids=[f"id{number}" for number in range(len(test_texts))],
        test_groups=[(str(label),) for label in labels],
        groups_are_labels=True,
        typo_share=0.1,
        typo_rows=typo_rows,
        seed=seed,
    )


def test_lengths_are_cut_at_the_thirds_of_the_train_texts():
    train = ["x" * length for length in (1, 2, 3, 4, 5, 6, 7)]  # thirds at 3 and 5
    short, medium, long = cut_by_length(rows(["xx", "xxx", "xxxx", "xxxxx", "x" * 50], train_texts=train))
    assert [short.rows.tolist(), medium.rows.tolist(), long.rows.tolist()] == [[0, 1], [2, 3], [4]]


def test_rare_labels_are_the_quarter_with_the_fewest_train_rows():
    train_labels = [0] * 9 + [1] * 2 + [2] * 5 + [3] * 7
    (rare,) = cut_rare_labels(rows("abcde", [1, 0, 2, 1, 3], train_labels=train_labels))
    assert rare.rows.tolist() == [0, 3]
    (rare,) = cut_rare_labels(rows("abcde", [1, 0, 2, 1, 4], train_labels=[*train_labels, 4, 4, 4]))
    assert rare.rows.tolist() == [0, 3, 4]  # of five labels two: a quarter is rounded up


def test_no_label_is_rare_when_all_are_equally_frequent():
    assert cut_rare_labels(rows("ab", [0, 1], train_labels=[0, 1])) == []


def test_a_typo_changes_one_word_in_ten_and_at_least_one():
    text = "the quick brown fox jumps over the lazy dog again"
    changed = [
        sum(before != after for before, after in zip(text.split(), mistype(text, 0.1, str(seed)).split(), strict=True))
        for seed in range(500)
    ]
    assert min(changed) == 1
    # words of a binomial(10, 0.1), its zeros made ones: 1 + 0.9 ** 10; some swaps of equal letters double them instead
    assert np.mean(changed) == pytest.approx(1 + 0.9**10, abs=0.12)


def test_typos_are_the_same_for_the_same_seed_and_row():
    assert mistype("where is my card", 0.1, "0:id1") == mistype("where is my card", 0.1, "0:id1")
    assert cut_typos(rows(["where is my card"]))[0].texts != cut_typos(rows(["where is my card"], seed=3))[0].texts


@pytest.mark.parametrize("text", ["", "ok", "👍 !?", "да", "卡"])
def test_a_text_without_a_word_long_enough_stays_as_it_is(text):
    assert mistype(text, 1, "seed") == text


def test_a_script_without_latin_letters_is_mistyped_too():
    assert mistype("утерян", 1, "seed") != "утерян"


def test_typos_are_read_on_a_bounded_number_of_rows():
    (piece,) = cut_typos(rows(["some words here"] * 50, typo_rows=10))
    assert len(piece.rows) == len(piece.texts) == 10
    assert (np.diff(piece.rows) > 0).all()


def test_every_cut_gives_slices_of_named_test_rows():
    pairs = [("card lost", "a card is lost"), ("refund", "money")]
    pieces = cut_slices(rows(pairs, [0, 1], [("one", "one"), ("seven", "eight")], [0, 0]))
    assert len({piece.name for piece in pieces}) == len(pieces) >= len(CUTS)
    assert all(len(piece.rows) and piece.why for piece in pieces)


def test_a_slice_is_held_against_all_rows():
    correct = np.array([1.0, 1, 0, 0, 1, 1, 1, 1])
    piece = Slice("first", "the first four", np.arange(4))
    scores = score_slices([piece], correct, [correct[:4]], Draws(500, 0.95, 0))["first"]
    assert scores["rows"] == 4
    assert scores["score"]["value"] == 0.5
    assert scores["difference"]["value"] == pytest.approx(0.5 - 0.75)
    assert scores["score"]["low"] <= 0.5 <= scores["score"]["high"]


def test_a_slice_with_texts_of_its_own_is_held_against_the_same_rows():
    correct = np.array([1.0, 1, 0, 0])
    piece = Slice("typos", "again", np.array([0, 1]), ["a", "b"])
    scores = score_slices([piece], correct, [np.array([1.0, 0])], Draws(500, 0.95, 0))["typos"]
    assert scores["difference"]["value"] == pytest.approx(0.5 - 1)


def test_a_slice_and_what_it_is_held_against_are_drawn_together():
    """Read no worse with its own texts: no difference in any resample, however the rows fall."""
    correct = np.array([1.0, 0] * 10)
    piece = Slice("typos", "again", np.arange(20), ["a"] * 20)
    scores = score_slices([piece], correct, [correct], Draws(200, 0.95, 0))["typos"]
    assert scores["difference"] == {"value": 0, "low": 0, "high": 0}
    assert scores["score"]["low"] < 0.5 < scores["score"]["high"]


def test_a_slice_that_a_resample_misses_still_has_an_interval():
    correct = np.ones(30)
    piece = Slice("one", "one row", np.array([7]))
    scores = score_slices([piece], correct, [np.ones(1)], Draws(200, 0.95, 0))["one"]
    assert scores["score"] == {"value": 1, "low": 1, "high": 1}
