import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from tasks.errors import DataError
from tasks.files import write_json
from tasks.paths import Paths
from tasks.split.leakage import count_leaks
from tasks.split.settings import SplitSettings
from tasks.split.stage import run
from tasks.table import INGESTED, SPLIT, read_table, write_rows

WORDS = [
    "card",
    "bank",
    "money",
    "refund",
    "order",
    "phone",
    "delivery",
    "street",
    "window",
    "garden",
    "river",
    "pencil",
    "summer",
    "yellow",
    "doctor",
]


def unlike_rows(count: int, labels: str = "abc", seed: int = 0) -> list[tuple[str, str]]:
    """(text, label): sentences too unlike to be near-duplicates."""
    chance = random.Random(seed)  # noqa: S311 - test data
    return [(" ".join(chance.sample(WORDS, 7)) + f" {number}", labels[number % len(labels)]) for number in range(count)]


def workspace(root: Path, rows: list[tuple[str, str]], official: list[tuple[str, str]] | None = None) -> Paths:
    sided = [(text, label, "any") for text, label in rows] + [(text, label, "test") for text, label in official or []]
    table = [
        {"row_id": f"row {place}", "side": side, "line": place + 2, "text": text, "label": label}
        for place, (text, label, side) in enumerate(sided)
    ]
    paths = Paths(root)
    write_rows(paths.validated, table, INGESTED)
    return paths


def rows_of(paths: Paths, side: str) -> list[dict[str, Any]]:
    return read_table(getattr(paths, side), SPLIT).to_pylist()


def test_every_row_is_on_one_side_in_file_order(tmp_path: Path) -> None:
    paths = workspace(tmp_path, unlike_rows(300))
    numbers = run(paths, split=SplitSettings(val=0.15))
    lines = {side: [row["line"] for row in rows_of(paths, side)] for side in ("train", "val", "test")}
    assert sorted(line for each in lines.values() for line in each) == list(range(2, 302))
    assert all(each == sorted(each) and each for each in lines.values())
    assert numbers["rows"] == {"in": 300, **{side: len(each) for side, each in lines.items()}}
    assert sum(sum(counts.values()) for counts in numbers["strata"].values()) == 300


def test_the_same_rows_give_the_same_bytes_and_numbers(tmp_path: Path) -> None:
    one, other = (workspace(tmp_path / name, unlike_rows(90)) for name in "ab")
    assert run(one, split=SplitSettings(val=0.15, folds=3)) == run(other, split=SplitSettings(val=0.15, folds=3))
    assert all(
        getattr(one, side).read_bytes() == getattr(other, side).read_bytes() for side in ("train", "val", "test")
    )


def test_an_official_test_file_is_the_test_side_and_no_share_is_drawn(tmp_path: Path) -> None:
    official = unlike_rows(30, seed=9)
    paths = workspace(tmp_path, unlike_rows(300), official)
    numbers = run(paths, split=SplitSettings(val=0.1, test=0.5))
    assert [row["text"] for row in rows_of(paths, "test")] == [text for text, _ in official]
    assert numbers["official_test"] is True
    assert list(numbers["shares"]) == ["val"]
    assert numbers["rows"]["train"] + numbers["rows"]["val"] == 300


def test_train_rows_that_repeat_the_official_test_are_removed_and_counted_by_kind(tmp_path: Path) -> None:
    official = [*unlike_rows(30, seed=9), ("I want to know where my card is right now", "a")]
    repeats = [
        ("\nI want to know where my card is right now ", "a"),
        ("i want to know where my CARD is right now!!!", "a"),
        ("I want to know, where my card is right now.", "b"),
        ("I want to know where my carrd is right now", "a"),
    ]
    paths = workspace(tmp_path, [*unlike_rows(300), *repeats], official)
    numbers = run(paths, split=SplitSettings(val=0.15))
    assert numbers["removed_repeats_of_test"] == {"exact": 1, "normalised": 2, "near": 1}
    kept = {row["text"] for side in ("train", "val") for row in rows_of(paths, side)}
    assert not kept & {text for text, _ in repeats}
    assert numbers["rows"]["train"] + numbers["rows"]["val"] == 300
    assert numbers["leaks"] == {"exact": 0, "normalised": 0, "near": 0}


def test_near_duplicates_within_the_official_test_stay(tmp_path: Path) -> None:
    official = [*unlike_rows(30, seed=9), ("where is my new card please", "a"), ("Where is my new card please?", "a")]
    numbers = run(workspace(tmp_path, unlike_rows(300), official), split=SplitSettings(val=0.15))
    assert numbers["rows"]["test"] == 32


def test_leaks_are_counted_in_pairs_of_rows_by_the_strictest_kind() -> None:
    train = pa.array([" my card has not come yet", "My card has not come yet!", "something else", "Where is it?"])
    test = pa.array(["my card has not come yet", "my card has not comme yet", "where is it", "where is it"])
    # exact: train 0 – test 0; normalised: train 1 – test 0, train 3 – test 2 and 3; near: train 0 and 1 – test 1
    assert count_leaks([train, test], 0.8) == {"exact": 1, "normalised": 3, "near": 2}


def test_set_aside_rows_are_counted_and_listed_with_the_lines_they_are_near(tmp_path: Path) -> None:
    start = "please tell me where the new card is that you sent to me"
    between = [(start + " today early", "b"), (start + " today earlyy", "c")]  # near each other too
    rows = [*unlike_rows(200), (start, "a"), (start + " today early on monday", "a"), *between]
    for number in range(20):
        paths = workspace(tmp_path, rows)
        numbers = run(paths, split=SplitSettings(val=0.15, key=str(number)))
        if numbers["set_aside"]:
            break
    assert numbers["set_aside"] == 2
    told = numbers["set_aside_rows"]
    assert [(row["line"], row["label"], row["near_lines"]) for row in told] == [
        (204, "b", [202, 203]),
        (205, "c", [202, 203]),
    ]
    assert not {204, 205} & {row["line"] for side in ("train", "val", "test") for row in rows_of(paths, side)}


def test_folds_keep_near_duplicates_together_and_leave_the_test_rows_out(tmp_path: Path) -> None:
    rows = unlike_rows(200) + [(text + " s", label) for text, label in unlike_rows(200)]
    paths = workspace(tmp_path, rows)
    run(paths, split=SplitSettings(val=0.15, folds=4))
    dealt = rows_of(paths, "train") + rows_of(paths, "val")
    fold_of = {row["text"]: row["fold"] for row in dealt}
    assert set(fold_of.values()) == {1, 2, 3, 4}
    assert all(fold_of[text] == fold_of[text + " s"] for text, _ in unlike_rows(200) if text in fold_of)
    assert {row["fold"] for row in rows_of(paths, "test")} == {0}


def test_a_fold_has_its_share_of_train_and_of_val(tmp_path: Path) -> None:
    """Drawn from a hash of its own: by that of the sides the first fold would hold the val rows and no train row."""
    paths = workspace(tmp_path, unlike_rows(600))
    run(paths, split=SplitSettings(val=0.3, folds=3))
    for side in ("train", "val"):
        folds = [row["fold"] for row in rows_of(paths, side)]
        deviation = (len(folds) / 3 * 2 / 3) ** 0.5
        assert [folds.count(fold) for fold in (1, 2, 3)] == pytest.approx([len(folds) / 3] * 3, abs=4 * deviation)


def test_without_folds_every_fold_is_0(tmp_path: Path) -> None:
    paths = workspace(tmp_path, unlike_rows(90))
    run(paths, split=SplitSettings(val=0.15))
    assert {row["fold"] for side in ("train", "val", "test") for row in rows_of(paths, side)} == {0}


def test_a_label_with_too_few_rows_for_all_minimums_is_told_with_every_setting_that_matters(tmp_path: Path) -> None:
    paths = workspace(tmp_path, [*unlike_rows(300), ("one lonely message about something", "rare")])
    with pytest.raises(DataError, match=r"'rare' has 1 row, and its sides need 4 together") as told:
        run(paths, split=SplitSettings(val=0.15))
    for setting in ("split.min_test_rows_per_label 1", "validate.min_rows_per_label", "validate.labels", "Add rows"):
        assert setting in str(told.value)
    assert "\n" not in str(told.value)
    assert not any(path.exists() for path in (paths.train, paths.val, paths.test))


@pytest.mark.parametrize("side", ["train", "val", "test"])
def test_each_sides_minimum_is_held(side: str, tmp_path: Path) -> None:
    paths = workspace(tmp_path, unlike_rows(120))
    with pytest.raises(DataError, match=f"split.min_{side}_rows_per_label"):
        run(paths, split=SplitSettings(val=0.15, **{f"min_{side}_rows_per_label": 100}))


def test_a_test_label_that_train_does_not_know_is_refused(tmp_path: Path) -> None:
    paths = workspace(tmp_path, unlike_rows(90), [*unlike_rows(30, seed=9), ("a message of its own", "unknown")])
    with pytest.raises(DataError, match="'unknown' has 0 train rows"):
        run(paths, split=SplitSettings(val=0.15, min_val_rows_per_label=0))


def test_a_label_whose_train_rows_all_repeat_the_test_is_missed(tmp_path: Path) -> None:
    text = "this is the only message with that label"
    paths = workspace(tmp_path, [*unlike_rows(90), (text, "d")], [*unlike_rows(30, seed=9), (text, "c")])
    with pytest.raises(DataError, match="'d' has 0 train rows"):
        run(paths, split=SplitSettings(val=0.15, min_val_rows_per_label=0, min_test_rows_per_label=0))


def test_one_label_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one label only, 'a'"):
        run(workspace(tmp_path, unlike_rows(90, "a")), split=SplitSettings(val=0.15))


def test_no_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rows"):
        run(workspace(tmp_path, []), split=SplitSettings(val=0.15))


def test_a_side_without_any_row_is_refused(tmp_path: Path) -> None:
    paths = workspace(tmp_path, unlike_rows(90))
    with pytest.raises(DataError, match=r"No rows on the side test.*official test file"):
        run(paths, split=SplitSettings(val=0.15, test=0, min_test_rows_per_label=0))


def test_a_lower_similarity_keeps_more_together(tmp_path: Path) -> None:
    official = [*unlike_rows(30, seed=9), ("where is my new card", "a")]
    rows = [*unlike_rows(200), ("where is my old card", "a")]
    strict, loose = (
        run(workspace(tmp_path, rows, official), split=SplitSettings(val=0.15, near_duplicate_similarity=similarity))
        for similarity in (0.8, 0.5)
    )
    assert strict["removed_repeats_of_test"]["near"] == 0 < loose["removed_repeats_of_test"]["near"]


def test_the_numbers_are_plain_json_of_bounded_length(tmp_path: Path) -> None:
    numbers = run(workspace(tmp_path, unlike_rows(90)), split=SplitSettings(val=0.15))
    write_json(tmp_path / "report.json", numbers)


@pytest.mark.parametrize(
    ("given", "told"), [({"val": 0.5, "test": 0.5}, "val . test is 1.00"), ({"folds": 1}, "folds is 1")]
)
def test_settings_that_leave_nothing_to_train_on_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        SplitSettings(**given)
