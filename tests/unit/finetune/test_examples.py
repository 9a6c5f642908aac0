"""Which rows are learned from and which are held out, also by fold."""

import pytest

from tasks.errors import SettingsError
from tasks.finetune.examples import read_examples
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, read_table, write_rows


@pytest.fixture
def augmented(learnable: Paths) -> Paths:
    """Each train row has one that was made from it, in its parent's fold."""
    rows = read_table(learnable.augmented, AUGMENTED).to_pylist()
    made = [row | {"row_id": f"{row['row_id']}x", "text": f"please {row['text']}", "method": "typos"} for row in rows]
    write_rows(learnable.augmented, [*rows, *made], AUGMENTED)
    return learnable


def test_without_a_fold_the_sides_are_as_split(augmented: Paths) -> None:
    train, val = read_examples(augmented, None)
    assert (train.num_rows, val.num_rows) == (120, 18)
    assert val.equals(read_table(augmented.val, SPLIT))


def test_a_fold_is_held_out_of_both_sides_and_made_rows_are_never_scored(augmented: Paths) -> None:
    train, val = read_examples(augmented, 1)
    assert 1 not in train["fold"].to_pylist()
    assert set(val["fold"].to_pylist()) == {1}
    originals = {
        row["row_id"]
        for path, schema in ((augmented.train, SPLIT), (augmented.val, SPLIT))
        for row in read_table(path, schema).to_pylist()
    }
    held_out = val["row_id"].to_pylist()
    assert len(held_out) == len(set(held_out))
    assert set(held_out) <= originals
    learned = set(train["row_id"].to_pylist())
    assert originals == (learned & originals) | set(held_out)  # every row is on one side
    assert not learned & set(held_out)
    assert not {f"{each}x" for each in held_out} & learned  # nor is what was made from a held-out row learned from
    assert any(each.endswith("x") for each in learned)


def test_every_row_is_held_out_once_over_all_folds(augmented: Paths) -> None:
    held_out = [each for fold in range(4) for each in read_examples(augmented, fold)[1]["row_id"].to_pylist()]
    assert len(held_out) == len(set(held_out)) == 78


def test_a_fold_that_was_not_made_is_refused(augmented: Paths) -> None:
    with pytest.raises(SettingsError, match=r"finetune\.val_fold: 4, but split\.folds made 4 folds"):
        read_examples(augmented, 4)
