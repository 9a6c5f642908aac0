"""Pairs of texts: what is near, what stays together, what leaks."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest

from tasks.near_duplicates import near_any, near_pairs, normal_forms
from tasks.paths import Paths
from tasks.split.leakage import count_leaks
from tasks.split.settings import SplitSettings
from tasks.split.stage import run
from tasks.table import INGESTED, SPLIT, read_table, write_rows
from tasks.texts import SEPARATOR
from tests.unit.split.test_split_stage import unlike_rows

PREMISE = "a man in a red coat walks his two dogs along the frozen river in the early morning"
SETTINGS = SplitSettings(val=0.2, test=0.3)


def as_array(*pairs: tuple[str, str]) -> pa.Array:
    return pa.array([SEPARATOR.join(pair) for pair in pairs])


def workspace(root: Path, rows: list[tuple[str, str]], official: list[tuple[str, str]] | None = None) -> Paths:
    """Labels go round a, b; both texts of a row are in the given pair."""
    sided = [(*pair, "any") for pair in rows] + [(*pair, "test") for pair in official or []]
    table = [
        {"row_id": str(place), "side": side, "line": place, "text": text, "pair": pair, "label": "ab"[place % 2]}
        for place, (text, pair, side) in enumerate(sided)
    ]
    paths = Paths(root)
    write_rows(paths.validated, table, INGESTED)
    return paths


def premises_with_many(count: int, each: int = 4) -> list[tuple[str, str]]:
    """So many first texts, each with several second ones that are unlike."""
    second = iter(text for text, _ in unlike_rows(count * each, seed=9))
    return [(text, next(second)) for text, _ in unlike_rows(count) for _ in range(each)]


def sides_of(paths: Paths) -> dict[str, list[dict[str, Any]]]:
    return {side: read_table(getattr(paths, side), SPLIT).to_pylist() for side in ("train", "val", "test")}


def test_pairs_are_near_only_if_both_their_texts_are() -> None:
    forms = normal_forms(
        as_array(
            (PREMISE, "he is old"), (PREMISE, "she is ill"), (PREMISE + "!", "He is old."), (PREMISE + "s", "he is old")
        )
    )
    assert len(forms.unique()) == 3  # the third is the first but for punctuation and case
    assert near_pairs(forms.unique(), 0.8).tolist() == [[0, 2]]  # the long text they share hides no difference


def test_a_new_pair_is_near_a_held_out_one_by_both_texts() -> None:
    held_out = as_array((PREMISE, "he is old"))
    assert near_any(as_array((PREMISE, "he is old"), (PREMISE, "it rains")), held_out, 0.8).tolist() == [True, False]


@pytest.mark.parametrize("together", ["text", "pair"])
def test_rows_that_share_their_first_text_stay_together_unless_told_otherwise(
    together: Literal["text", "pair"], tmp_path: Path
) -> None:
    paths = workspace(tmp_path, premises_with_many(60))
    numbers = run(paths, split=SplitSettings(val=0.2, test=0.3, together=together))
    first = {side: {row["text"] for row in rows} for side, rows in sides_of(paths).items()}
    shared = numbers["rows_sharing_first_text_with_train"]
    assert bool(first["train"] & (first["val"] | first["test"])) is (together == "pair")
    assert bool(shared["val"] + shared["test"]) is (together == "pair")
    assert numbers["leaks"] == {"exact": 0, "normalised": 0, "near": 0}
    assert sum(map(len, sides_of(paths).values())) == 240


def test_no_old_row_moves_when_pairs_are_appended_and_near_first_texts_follow(tmp_path: Path) -> None:
    rows = premises_with_many(60)
    paths = workspace(tmp_path / "old", rows)
    run(paths, split=SETTINGS)
    old = {row["row_id"]: side for side, found in sides_of(paths).items() for row in found}
    merged = workspace(tmp_path / "new", [*rows, (rows[0][0] + "s", "nothing like that"), (rows[8][0], rows[0][1])])
    run(merged, split=SETTINGS)
    new = {row["row_id"]: side for side, found in sides_of(merged).items() for row in found}
    assert new == old | {"240": old["0"], "241": old["8"]}


def test_pairs_near_by_both_texts_leak_and_those_that_share_one_do_not() -> None:
    one = (PREMISE, "the man is alone with his dogs")
    shares, near = (PREMISE, "it is late at night"), (PREMISE + "s", one[1])
    assert count_leaks([as_array(one), as_array(shares)], 0.8) == {"exact": 0, "normalised": 0, "near": 0}
    assert count_leaks([as_array(one), as_array(near)], 0.8) == {"exact": 0, "normalised": 0, "near": 1}


def test_the_official_test_takes_the_same_pair_out_of_train_but_not_the_same_first_text(tmp_path: Path) -> None:
    rows = premises_with_many(40)
    official = [rows[0], (rows[4][0], "quite another second text")]
    numbers = run(workspace(tmp_path, rows, official), split=SplitSettings(val=0.2))
    assert numbers["removed_repeats_of_test"] == {"exact": 1, "normalised": 0, "near": 0}
    assert numbers["rows"]["test"] == 2
    assert numbers["leaks"] == {"exact": 0, "normalised": 0, "near": 0}
    assert sum(numbers["rows"][side] for side in ("train", "val")) == 159


def test_folds_keep_rows_with_one_first_text_together(tmp_path: Path) -> None:
    paths = workspace(tmp_path, premises_with_many(60))
    run(paths, split=SplitSettings(val=0.2, test=0.3, folds=4))
    found = sides_of(paths)
    folds: dict[str, set[int]] = {}
    for row in [*found["train"], *found["val"]]:
        folds.setdefault(row["text"], set()).add(row["fold"])
    assert {len(each) for each in folds.values()} == {1}
    assert np.unique([fold for each in folds.values() for fold in each]).tolist() == [1, 2, 3, 4]
