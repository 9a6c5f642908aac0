import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.augment.amounts import new_rows_each
from tasks.augment.methods import WordDeletion, WordSwap
from tasks.augment.new_rows import make_rows
from tasks.augment.settings import AugmentSettings
from tasks.augment.stage import run
from tasks.digest import row_id
from tasks.files import write_json
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, read_table, write_rows

BASE = BaseSettings(id="none/at-all", revision="0" * 40, sha256="0" * 64)
SWAP = WordSwap(kind="word_swap", rate=0.3)
TEXTS = [
    ("my card has not arrived in the post yet", "card"),
    ("when will I get the refund you promised", "refund"),
    ("please send the refund to another account", "refund"),
    ("how do I stop the order from yesterday", "order"),
]


def a_row(text: str, label: str, **other: Any) -> dict[str, Any]:
    return {
        "row_id": row_id(text, label),
        "side": "any",
        "line": 7,
        "text": text,
        "pair": None,
        "label": label,
        "fold": 3,
    } | other


def workspace(root: Path, train: list[tuple[str, str]] = TEXTS, held_out: list[tuple[str, str]] | None = None) -> Paths:
    paths = Paths(root)
    write_rows(paths.train, [a_row(*each) for each in train], SPLIT)
    write_rows(paths.val, [a_row(*each) for each in held_out or [("nothing like the others", "card")]], SPLIT)
    write_rows(paths.test, [a_row("a test row of quite other words", "card")], SPLIT)
    return paths


def no_base() -> Path:
    raise AssertionError("the base is not needed")


def test_without_methods_the_train_rows_pass_with_themselves_as_parents(tmp_path: Path) -> None:
    paths = workspace(tmp_path)
    numbers = run(paths, augment=AugmentSettings(), base=BASE)
    rows = read_table(paths.augmented, AUGMENTED).to_pylist()
    train = read_table(paths.train, SPLIT).to_pylist()
    assert rows == [row | {"parent_id": row["row_id"], "method": "original"} for row in train]
    assert numbers["rows"] == {"train": 4, "new": 0, "out": 4}
    write_json(tmp_path / "report.json", numbers)


def test_without_methods_nothing_heavy_is_imported(tmp_path: Path) -> None:
    workspace(tmp_path)
    program = (
        "import sys; from pathlib import Path; from tasks.paths import Paths; from tasks.augment.stage import run\n"
        "from tasks.augment.settings import AugmentSettings\n"
        "run(Paths(Path(sys.argv[1])), augment=AugmentSettings(), base=None)\n"
        "print({'torch', 'transformers', 'tokenizers', 'scipy', 'tasks.near_duplicates'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_new_rows_keep_label_line_and_fold_and_name_their_parent(tmp_path: Path) -> None:
    paths = workspace(tmp_path)
    numbers = run(paths, augment=AugmentSettings(methods=(SWAP,), copies=2), base=BASE)
    rows = read_table(paths.augmented, AUGMENTED).to_pylist()
    new = [row for row in rows if row["method"] == "word_swap"]
    parents = {row["row_id"]: row for row in rows if row["method"] == "original"}
    assert rows[:4] == list(parents.values())
    assert numbers["rows"] == {"train": 4, "new": len(new), "out": len(rows)}
    assert len(new) + sum(numbers["thrown_away"].values()) == 8
    assert len(new) >= 4
    for row in new:
        parent = parents[row["parent_id"]]
        assert {key: row[key] for key in ("label", "line", "fold", "side")} == {
            key: parent[key] for key in ("label", "line", "fold", "side")
        }
        assert row["text"] != parent["text"]
        assert row["row_id"] == row_id(row["text"], row["label"])


def test_what_a_row_gives_does_not_depend_on_the_rows_around_it() -> None:
    augment = AugmentSettings(methods=(SWAP, WordDeletion(kind="word_deletion")), copies=3)
    rows = [a_row(*each) for each in TEXTS]
    one, _ = make_rows(rows, augment, no_base)
    other, _ = make_rows([*rows[::-1], a_row("one more row of words", "card")], augment, no_base)
    texts = {row["row_id"] for row in rows}
    assert {row["row_id"] for row in one} == {row["row_id"] for row in other if row["parent_id"] in texts}
    assert {row["method"] for row in one} == {"word_swap", "word_deletion"}


def test_each_row_and_each_copy_draws_for_itself() -> None:
    rows = [a_row(f"one two three four five six seven {number}", "a") for number in range(20)]
    swap = WordSwap(kind="word_swap", rate=0.001)
    made, _ = make_rows(rows, AugmentSettings(methods=(swap,), copies=1), no_base)
    assert len({row["text"].rsplit(" ", 1)[0] for row in made}) > 3
    made, _ = make_rows(rows[:1], AugmentSettings(methods=(swap,), copies=20), no_base)
    assert len(made) > 3


def test_another_seed_makes_other_rows() -> None:
    rows = [a_row(*each) for each in TEXTS]
    one, other = (make_rows(rows, AugmentSettings(methods=(SWAP,), copies=1, seed=seed), no_base)[0] for seed in (0, 1))
    assert one != other


def test_rows_that_a_method_could_not_change_and_repeats_are_thrown_away() -> None:
    swap = AugmentSettings(methods=(SWAP,), copies=3)
    assert make_rows([a_row("card", "a")], swap, no_base) == ([], {"unchanged": 3, "repeats": 0})
    made, thrown = make_rows([a_row("my card", "a")], swap, no_base)
    assert ([row["text"] for row in made], thrown) == (["card my"], {"unchanged": 0, "repeats": 2})


def test_a_new_row_with_the_text_of_another_train_row_is_thrown_away() -> None:
    rows = [a_row("my card", "a"), a_row("card my", "b")]
    assert make_rows(rows, AugmentSettings(methods=(SWAP,), copies=1), no_base)[1] == {"unchanged": 0, "repeats": 2}


@pytest.mark.parametrize("side", ["val", "test"])
@pytest.mark.parametrize("text", ["not card my has arrived", "NOT card, my has arrived!", "not card my has arrived in"])
def test_no_new_row_comes_near_a_held_out_row(side: str, text: str, tmp_path: Path) -> None:
    parent = "card not my has arrived"
    deletion = WordSwap(kind="word_swap", rate=0.01)
    augment = AugmentSettings(methods=(deletion,), copies=20)
    paths = workspace(tmp_path, [(parent, "a")])
    run(paths, augment=augment, base=BASE)
    assert "not card my has arrived" in read_table(paths.augmented, AUGMENTED)["text"].to_pylist()
    write_rows(getattr(paths, side), [a_row(text, "a")], SPLIT)
    numbers = run(paths, augment=augment, base=BASE)
    assert "not card my has arrived" not in read_table(paths.augmented, AUGMENTED)["text"].to_pylist()
    assert numbers["thrown_away"]["near_held_out"] >= 1


def test_how_near_is_too_near_is_a_setting(tmp_path: Path) -> None:
    paths = workspace(tmp_path, held_out=[("my card has not come in the post yet", "card")])
    thrown = [
        run(paths, augment=AugmentSettings(methods=(SWAP,), copies=5, max_held_out_similarity=limit), base=BASE)
        for limit in (0.5, 1.0)
    ]
    assert thrown[0]["thrown_away"]["near_held_out"] > 0 == thrown[1]["thrown_away"]["near_held_out"]


def test_balance_brings_small_labels_level_with_the_largest() -> None:
    labels = ["big"] * 6 + ["small"] * 4
    assert new_rows_each(labels, AugmentSettings(methods=(SWAP,), balance=True)) == [0] * 6 + [1, 1, 0, 0]
    # with a copy each: 12 and 8 rows, so 4 more from 4 rows
    assert new_rows_each(labels, AugmentSettings(methods=(SWAP,), balance=True, copies=1)) == [1] * 6 + [2] * 4
    assert new_rows_each(labels, AugmentSettings(methods=(SWAP,), copies=1)) == [1] * 10


def test_balance_grows_no_label_beyond_its_factor() -> None:
    labels = ["big"] * 100 + ["tiny"] * 2
    balanced = AugmentSettings(methods=(SWAP,), balance=True, max_balance_factor=3.5)
    assert sum(new_rows_each(labels, balanced)) == 5  # 2 rows may become 7


def test_nearest_words_reads_the_base(tiny_base: BaseSettings, tmp_path: Path) -> None:
    from tasks.augment.methods import NearestWords

    paths = workspace(tmp_path)
    nearest = NearestWords(kind="nearest_words", min_cosine=-1, rate=0.5)
    numbers = run(paths, augment=AugmentSettings(methods=(nearest,), copies=1), base=tiny_base)
    assert numbers["rows_per_method"]["nearest_words"] >= 3
