"""Rare labels are dealt so that each side has its minimum, and rows keep their side as the data grow."""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.errors import DataError
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.split.dealing import SIDES, TEST, TRAIN, VAL
from tasks.split.minimums import Members, deal_minimums, least_rows
from tasks.split.plan import Plan, plan_split
from tasks.split.settings import SplitSettings
from tasks.split.stage import run
from tasks.split.strata import find_strata
from tasks.table import SPLIT, read_table
from tasks.targets import LabelTarget
from tests.unit.split.test_split_stage import rows_of, unlike_rows, workspace

NO_PAIRS = np.zeros((0, 2), np.int64)
LEAST = {TRAIN: 2, VAL: 1, TEST: 1}


def plan(texts: list[str], labels: list[str], settings: SplitSettings | None = None) -> Plan:
    strata = find_strata(pa.chunked_array([labels]), LabelTarget())
    return plan_split(pa.array(texts), np.zeros(len(texts), np.bool_), settings or SplitSettings(), strata=strata)


def one_label(sides: list[int]) -> list[int]:
    members = Members(np.arange(len(sides)), np.zeros(len(sides), np.int64), 1)
    return deal_minimums(np.array(sides, np.uint8), NO_PAIRS, members, LEAST).tolist()


def test_a_label_of_five_rows_has_its_minimum_on_every_side_whatever_the_key(tmp_path: Path) -> None:
    rows = [*unlike_rows(300), *[(f"{text} rare", "rare") for text, _ in unlike_rows(5, seed=5)]]
    dealt = 0
    for key in range(25):
        paths = workspace(tmp_path, rows)
        numbers = run(paths, split=SplitSettings(key=str(key)))
        assert numbers["strata"]["rare"]["train"] >= 2
        assert min(numbers["strata"]["rare"].values()) >= 1
        dealt += numbers["dealt_for_minimums"]["rows"] > 0
    assert dealt > 12  # five rows have no val row in 0.9 ** 5 = 59 % of cases


def test_what_was_dealt_is_told_by_label_and_side(tmp_path: Path) -> None:
    rows = [*unlike_rows(300), *[(f"{text} rare", "rare") for text, _ in unlike_rows(5, seed=5)]]
    by_hash = plan_split(pa.array([text for text, _ in rows]), np.zeros(len(rows), np.bool_), SplitSettings(key="1"))
    numbers = run(workspace(tmp_path, rows), split=SplitSettings(key="1"))
    sides = {row["line"]: side for side in ("train", "val", "test") for row in rows_of(Paths(tmp_path), side)}
    dealt = [sides[line] for line, was in enumerate(by_hash.sides, start=2) if SIDES[sides[line]] != was]
    assert dealt, "choose another key: this one deals the rare label well"
    expected = {"rare": {side: dealt.count(side) for side in ("train", "val", "test")}}
    assert numbers["dealt_for_minimums"] == {"rows": len(dealt), "strata": expected}


def test_the_hash_alone_decides_where_it_leaves_enough() -> None:
    texts, labels = zip(*unlike_rows(300), strict=True)
    found = plan(list(texts), list(labels))
    assert not found.dealt.any()
    assert found.sides.tolist() == plan_split(pa.array(texts), np.zeros(300, np.bool_), SplitSettings()).sides.tolist()


@pytest.mark.parametrize(
    ("by_hash", "dealt"),
    [
        ([TRAIN, TRAIN, TRAIN, TRAIN, TRAIN], [VAL, TEST, TRAIN, TRAIN, TRAIN]),  # the first ones
        ([VAL, TRAIN, TRAIN, TRAIN], [VAL, TEST, TRAIN, TRAIN]),
        ([TEST, TEST, TEST, TEST, TEST], [VAL, TRAIN, TRAIN, TEST, TEST]),
        ([VAL, VAL, TRAIN, TRAIN], [TEST, VAL, TRAIN, TRAIN]),  # train has none to give
        ([TRAIN, TRAIN, TRAIN], [TRAIN, TRAIN, TRAIN]),  # too few for all: the run stops
    ],
)
def test_texts_are_dealt_in_the_order_in_which_they_came(by_hash: list[int], dealt: list[int]) -> None:
    assert one_label(by_hash) == dealt


def test_appended_rows_move_no_row_but_one_that_was_dealt_and_only_to_the_side_of_its_hash() -> None:
    """Every start of 400 random sequences of ten, against the start that is one row longer."""
    chance = random.Random(0)  # noqa: S311 - test data
    moves: list[tuple[int, int]] = []
    for _ in range(400):
        by_hash = chance.choices([TRAIN, VAL, TEST], [7, 1, 2], k=10)
        before: list[int] = []
        for length in range(5, 11):
            after = one_label(by_hash[:length])
            moved = [place for place, side in enumerate(before) if after[place] != side]
            for place in moved:
                assert before[place] != by_hash[place], "it was dealt"
                assert after[place] == by_hash[place], "and goes to its hash's side"
                moves.append((before[place], after[place]))
            before = after
    from_train = sum(before == TRAIN for before, _ in moves)
    assert from_train < 0.1 * len(moves)  # few rows that a model has learned from come into a later val or test


def test_appended_rows_of_many_labels_move_only_dealt_rows() -> None:
    texts = [text for text, _ in unlike_rows(400)]
    chance = random.Random(0)  # noqa: S311 - test data
    labels = [f"label {min(int(chance.expovariate(0.15)), 30)}" for _ in texts]
    before = plan(texts[:120], labels[:120])
    assert before.dealt.sum() > 10
    after = plan(texts, labels)
    has_enough = np.array([labels[:120].count(label) >= 4 for label in labels[:120]])  # with fewer the run stopped
    moved = (before.sides != after.sides[:120]) & has_enough
    assert moved.any()
    assert not (moved & ~before.dealt).any()
    assert not after.dealt[:120][moved].any()  # they went to the sides of their hashes


def test_a_label_of_a_text_with_near_duplicates_is_dealt_and_they_stay_together() -> None:
    rare = ["please tell me where the new card is that you sent", "my parcel was left in the rain", "open at noon"]
    near = [f"{rare[0]} {'!' * number}x" for number in range(1, 4)]
    for key in range(15):
        texts, labels = (list(each) for each in zip(*unlike_rows(200), strict=True))
        found = plan(texts + rare + near, labels + ["rare"] * 6, SplitSettings(key=str(key)))
        sides = found.sides[200:].tolist()
        assert len({sides[0], *sides[3:]}) == 1
        assert {TRAIN, VAL, TEST} == set(sides)


def test_near_duplicates_are_never_on_two_sides_where_rare_labels_are_dealt() -> None:
    from tasks.split.leakage import count_leaks
    from tests.unit.split.test_split_dealing import messages

    for seed in range(3):
        chance = random.Random(seed)  # noqa: S311 - test data
        texts = messages(300, seed)
        labels = [f"label {chance.randrange(40)}" for _ in texts]
        found = plan(texts, labels)
        assert found.dealt.any()
        parts = [pa.array([t for t, side in zip(texts, found.sides, strict=True) if side == s]) for s in (1, 2, 4)]
        assert count_leaks(parts, 0.8) == {"exact": 0, "normalised": 0, "near": 0}


def test_with_an_official_test_only_train_and_val_are_dealt(tmp_path: Path) -> None:
    official = [*unlike_rows(30, seed=9), ("a test message of the rare kind", "rare")]
    rows = [*unlike_rows(300), *[(f"{text} rare", "rare") for text, _ in unlike_rows(3, seed=5)]]
    for key in range(10):
        numbers = run(workspace(tmp_path, rows, official), split=SplitSettings(key=str(key)))
        assert numbers["strata"]["rare"] == {"train": 2, "val": 1, "test": 1} or numbers["strata"]["rare"]["val"] > 1
        assert numbers["rows"]["test"] == 31


def test_a_label_that_the_official_test_lacks_is_told_as_such(tmp_path: Path) -> None:
    rows = [*unlike_rows(300), *[(f"{text} rare", "rare") for text, _ in unlike_rows(5, seed=5)]]
    with pytest.raises(DataError, match=r"'rare' has 0 test rows.*the official test file has no more"):
        run(workspace(tmp_path, rows, unlike_rows(30, seed=9)), split=SplitSettings())


@pytest.mark.parametrize("split", [{"min_val_rows_per_label": 3, "min_test_rows_per_label": 4}, {"val": 0.02}])
def test_higher_minimums_and_smaller_shares_are_dealt_too(split: dict[str, float], tmp_path: Path) -> None:
    numbers = run(workspace(tmp_path, unlike_rows(60)), split=SplitSettings(**split))
    least = {"val": split.get("min_val_rows_per_label", 1), "test": split.get("min_test_rows_per_label", 1)}
    for counts in numbers["strata"].values():
        assert all(counts[side] >= rows for side, rows in least.items())


def test_least_rows_are_those_of_the_settings() -> None:
    assert least_rows(SplitSettings(min_val_rows_per_label=0)) == {TRAIN: 2, VAL: 0, TEST: 1}


@pytest.mark.parametrize(
    ("problem", "targets", "rare"),
    [
        ({"kind": "labels"}, ['["a"]', '["a", "b"]', '["b"]'], ('["a", "rare"]', "rare")),
        ({"kind": "tags"}, ["B-a O", "O B-b", "O O"], ("B-rare O", "rare")),
    ],
)
def test_rare_classes_of_other_targets_are_on_each_side(
    problem: dict[str, str], targets: list[str], rare: tuple[str, str], tmp_path: Path
) -> None:
    rows = [(text, targets[number % 3]) for number, (text, _) in enumerate(unlike_rows(240))]
    rows += [(f"{text} rare", rare[0]) for text, _ in unlike_rows(5, seed=5)]
    paths = workspace(tmp_path, rows)
    numbers = run(paths, split=SplitSettings(), problem=ProblemSettings(target=problem))  # type: ignore[arg-type]
    assert set(numbers["strata"]) >= {"a", "b", "rare"}
    assert min(numbers["strata"]["rare"].values()) >= 1
    assert len(rows_of(paths, "train")) + len(rows_of(paths, "val")) + len(rows_of(paths, "test")) == 245


def test_numbers_are_told_by_bins_and_dealt_by_hash_alone(tmp_path: Path) -> None:
    rows = [(text, repr(number / 10)) for number, (text, _) in enumerate(unlike_rows(200))]
    paths = workspace(tmp_path, rows)
    numbers = run(paths, split=SplitSettings(), problem=ProblemSettings(target={"kind": "number"}))  # type: ignore[arg-type]
    assert len(numbers["strata"]) == 5
    assert [sum(counts.values()) for counts in numbers["strata"].values()] == [40] * 5
    assert (numbers["labels"], numbers["dealt_for_minimums"]["rows"]) == (0, 0)
    assert read_table(paths.val, SPLIT).num_rows > 0
