"""New pairs: one text of two is changed, and none comes near a held-out pair."""

from pathlib import Path

from tasks.augment.methods.word_swap import WordSwap
from tasks.augment.new_rows import make_rows
from tasks.augment.settings import AugmentSettings
from tasks.augment.stage import run
from tasks.digest import row_id
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, read_table, write_rows
from tests.unit.augment.test_augment_stage import a_row

AUGMENT = AugmentSettings(methods=(WordSwap(kind="word_swap", rate=0.3),), copies=3)
BASE = BaseSettings(id="none", revision="0" * 40, sha256="0" * 64)
TRAIN = [
    a_row(f"the small dog number {n} runs along the river", "yes")
    | {"pair": f"some animal {n} moves quickly outside", "row_id": str(n)}
    for n in range(20)
]


def test_one_text_of_each_pair_is_changed_and_either_may_be() -> None:
    made, thrown = make_rows(TRAIN, AUGMENT, lambda: Path())
    parents = {row["row_id"]: row for row in TRAIN}
    changed = [
        tuple(column for column in ("text", "pair") if row[column] != parents[row["parent_id"]][column]) for row in made
    ]
    assert set(changed) == {("text",), ("pair",)}
    assert len(made) + sum(thrown.values()) == 60
    assert all(row["row_id"] == row_id(row["text"], row["label"], row["pair"]) for row in made)


def test_a_new_pair_near_a_held_out_one_is_thrown_away_and_one_that_shares_a_text_is_not(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    write_rows(paths.train, TRAIN, SPLIT)
    shares_a_text = TRAIN[0] | {"pair": "nothing of that kind is told here"}
    write_rows(paths.val, [shares_a_text], SPLIT)
    write_rows(paths.test, [TRAIN[1]], SPLIT)
    thrown = run(paths, augment=AUGMENT, base=BASE)["thrown_away"]["near_held_out"]
    parents = [
        row["parent_id"] for row in read_table(paths.augmented, AUGMENTED).to_pylist() if row["method"] != "original"
    ]
    assert thrown > 0
    assert "0" in parents
