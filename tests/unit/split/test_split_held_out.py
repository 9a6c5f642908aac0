"""An official val file is the val side; further test sets are kept apart and looked at for leaks."""

from pathlib import Path
from typing import Any

import pytest

from tasks.errors import DataError
from tasks.paths import Paths
from tasks.split.settings import SplitSettings
from tasks.split.stage import run
from tasks.table import INGESTED, SPLIT, read_extra_tests, read_table, write_rows
from tests.unit.split.test_split_stage import unlike_rows

Rows = list[tuple[str, str]]
CARD = "I want to know where my card is right now"


def workspace(root: Path, **sides: Rows) -> Paths:
    table = [
        {"row_id": f"{side} {place}", "side": side, "line": place + 2, "text": text, "label": label}
        for side, rows in sides.items()
        for place, (text, label) in enumerate(rows)
    ]
    write_rows(Paths(root).validated, table, INGESTED)
    return Paths(root)


def texts(path: Path) -> list[str]:
    found: list[str] = read_table(path, SPLIT)["text"].to_pylist()
    return found


def test_an_official_val_file_is_the_val_side_and_test_rows_are_drawn_as_without_it(tmp_path: Path) -> None:
    rows, official = unlike_rows(300), unlike_rows(30, seed=9)
    without = workspace(tmp_path / "without", any=rows)
    run(without, split=SplitSettings())
    paths = workspace(tmp_path / "with", any=rows, val=official)
    numbers = run(paths, split=SplitSettings())
    assert texts(paths.val) == [text for text, _ in official]
    assert texts(paths.test) == texts(without.test)
    assert numbers["official_val"] is True
    assert numbers["official_test"] is False
    assert list(numbers["shares"]) == ["test"]
    assert numbers["rows"]["train"] + numbers["rows"]["test"] == 300


def test_rows_that_repeat_the_official_val_are_removed_from_what_is_dealt_and_counted_by_kind(tmp_path: Path) -> None:
    official = [*unlike_rows(30, seed=9), (CARD, "a")]
    repeats = [(f"\n{CARD} ", "a"), (f"{CARD.upper()}!!!", "a"), (CARD.replace("card", "carrd"), "a")]
    paths = workspace(tmp_path, any=[*unlike_rows(300), *repeats], val=official)
    numbers = run(paths, split=SplitSettings())
    assert numbers["removed_repeats_of_val"] == {"exact": 1, "normalised": 1, "near": 1}
    assert not {*texts(paths.train), *texts(paths.test)} & {text for text, _ in repeats}
    assert numbers["leaks"] == {"exact": 0, "normalised": 0, "near": 0}


def test_val_rows_that_repeat_the_official_test_are_removed_and_rows_near_to_those_alone_stay(tmp_path: Path) -> None:
    test = [*unlike_rows(30, seed=9), (CARD, "a")]
    val = [*unlike_rows(30, seed=8), (CARD + "!", "a"), (CARD.replace("card", "carrd"), "b")]
    paths = workspace(tmp_path, any=[*unlike_rows(300), (CARD, "a")], val=val, test=test)
    numbers = run(paths, split=SplitSettings())
    assert numbers["removed_repeats_of_test"] == {"exact": 1, "normalised": 1, "near": 1}
    assert numbers["removed_repeats_of_val"] == {"exact": 0, "normalised": 0, "near": 0}
    assert texts(paths.val) == [text for text, _ in val[:30]]
    assert numbers["rows"] == {"in": 364, "train": 300, "val": 30, "test": 31}
    assert numbers["leaks"] == {"exact": 0, "normalised": 0, "near": 0}


def test_near_rows_of_an_official_val_have_one_fold(tmp_path: Path) -> None:
    val = [*unlike_rows(30, seed=8), *[(CARD.replace("right", word), "a") for word in ("right", "just", "even")]]
    paths = workspace(tmp_path, any=unlike_rows(300), val=val)
    run(paths, split=SplitSettings(folds=5, near_duplicate_similarity=0.6))
    assert len({row["fold"] for row in read_table(paths.val, SPLIT).to_pylist()[30:]}) == 1


def test_a_label_that_the_official_val_lacks_is_told(tmp_path: Path) -> None:
    paths = workspace(tmp_path, any=unlike_rows(300), val=unlike_rows(30, labels="ab", seed=9))
    with pytest.raises(DataError, match=r"'c' has 0 val rows, fewer than .* \(1\): the official val file has no more"):
        run(paths, split=SplitSettings())


def test_further_test_sets_are_written_apart_and_touch_no_other_side(tmp_path: Path) -> None:
    rows = unlike_rows(300)
    without = workspace(tmp_path / "without", any=rows)
    run(without, split=SplitSettings())
    assert read_extra_tests(without.extra_tests) == {}
    extra: dict[str, Any] = {"extra:shifted": [rows[0], ("new", "a"), (rows[1][0] + "!", "a")], "extra:typos": rows[:1]}
    paths = workspace(tmp_path / "with", any=rows, **extra)
    numbers = run(paths, split=SplitSettings())
    found = read_extra_tests(paths.extra_tests)
    assert {name: table["text"].to_pylist() for name, table in found.items()} == {
        "shifted": [text for text, _ in extra["extra:shifted"]],
        "typos": [rows[0][0]],
    }
    for side in ("train", "val", "test"):
        assert getattr(paths, side).read_bytes() == getattr(without, side).read_bytes()
    assert numbers["rows"]["in"] == 300


def test_rows_of_a_further_test_set_that_train_has_too_are_counted_by_kind(tmp_path: Path) -> None:
    rows = unlike_rows(300)
    run(workspace(tmp_path, any=rows), split=SplitSettings())
    first, second, *_ = texts(Paths(tmp_path).train)
    extra: dict[str, Any] = {"extra:shifted": [(first, "a"), (second.upper(), "b"), ("something else", "a")]}
    numbers = run(workspace(tmp_path, any=rows, **extra), split=SplitSettings())
    assert numbers["extra_tests"] == {
        "shifted": {"rows": 3, "leaks_with_train": {"exact": 1, "normalised": 1, "near": 0}}
    }
