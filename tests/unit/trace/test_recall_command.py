from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.digest import row_id
from tasks.lineage.ledger import read_ledger
from tasks.table import AUGMENTED, write_rows
from tests.unit.trace.rows import NAME, SPOILT, TEXTS, an_id

ROW = an_id("where is my box")


def test_command_changes_nothing_unless_told_to_and_says_what_it_would_do(
    third_is_touched: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    before = third_is_touched.aliases()
    assert finetrace("recall", "--row", ROW, "--dry-run", "--yes") == 0
    shown = capsys.readouterr().out
    assert shown.endswith("Nothing was changed (--dry-run).\n")
    assert "champion of wishes would go: v3 → v2" in shown and "Would be recalled" in shown
    assert "Recalled" not in shown and "Next" not in shown
    assert third_is_touched.aliases() == before


def test_command_ends_with_3_where_nobody_is_here_to_say_yes_until_it_is_done(
    third_is_touched: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    before = third_is_touched.aliases()
    assert finetrace("recall", "--row", ROW) == 3
    told = capsys.readouterr()
    assert "Nothing was changed." in told.out and "nobody is here to say yes" in told.err
    assert third_is_touched.aliases() == before
    assert finetrace("recall", "--row", ROW, "--yes") == 0
    assert finetrace("recall", "--row", ROW) == 0


def test_command_recalls_and_says_what_to_retrain(
    third_is_touched: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("recall", "--row", ROW, "--reason", "asked to be forgotten", "--by", "ada", "--yes") == 0
    shown = capsys.readouterr().out
    assert "Recalled: wishes v1, wishes v3" in shown and "finetrace run" in shown
    entry = read_ledger(third_is_touched.store, third_is_touched.paths, NAME).chain.entries[-1]
    assert (entry.by, entry.reason) == ("ada", f"row {ROW}: asked to be forgotten")
    assert entry.evidence["row"] == ROW


def test_command_ends_with_5_if_of_some_version_it_cannot_be_told_and_recalls_the_others(
    third_is_touched: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    third_is_touched.store.client.delete_model_version_tag(NAME, "2", "finetrace.statement")
    assert finetrace("recall", "--row", ROW, "--yes") == 5
    assert "of wishes v2 it cannot be told" in capsys.readouterr().err
    assert "champion" not in third_is_touched.aliases()


def test_command_says_none_only_of_a_row_that_is_known(
    third_is_touched: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("recall", "--row", an_id(SPOILT[0]), "--yes") == 0
    assert "No registered version learned from it" in capsys.readouterr().out
    assert finetrace("recall", "--row", "f" * 24, "--yes") == 4
    told = capsys.readouterr()
    assert "no row that I know has the id ffffffffffffffffffffffff" in told.err
    assert "No registered version" not in told.out + told.err


@pytest.mark.parametrize("row", ["deadbeef", "", "g" * 24, "f" * 25])
def test_command_takes_no_row_that_is_no_id(
    row: str, third_is_touched: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("recall", "--row", row, "--yes") == 2
    assert "24 hex digits" in capsys.readouterr().err
    assert finetrace("recall", "--dataset", "no digest") == 2
    assert finetrace("recall") == 2


@pytest.fixture
def second_has_another_label(traced: Any) -> Any:
    """Two versions that learned from the same text, the second under another label; the workspace holds it no more."""
    traced.register()
    traced.change_rows({**TEXTS, "train": [("where is my box", "cancel"), *TEXTS["train"][1:]]})
    traced.register()
    traced.change_rows({**TEXTS, "train": TEXTS["train"][1:]})
    traced.register()
    return traced


def test_the_same_text_under_another_label_is_recalled_too(
    second_has_another_label: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    other = row_id("where is my box", "cancel")
    assert finetrace("recall", "--row", ROW, "--yes") == 0
    shown = capsys.readouterr().out
    assert "Recalled: wishes v1, wishes v2" in shown
    assert f"wishes v2 learned from it (as {other}, labelled cancel)" in shown
    assert "finetrace promote 3" in shown
    assert f"finetrace why {other}" in shown


def test_a_row_that_is_only_known_as_a_parent_is_looked_for_by_its_id_alone(
    traced: Any, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pq.read_table(traced.paths.augmented).to_pylist()
    write_rows(traced.paths.augmented, [row for row in rows if row["row_id"] != ROW], AUGMENTED)
    for file in (traced.paths.ingested, traced.paths.train):
        file.unlink()
    traced.register()
    assert finetrace("recall", "--row", ROW, "--dry-run") == 5
    shown = capsys.readouterr().out
    assert "wishes v1 (challenger, champion) learned from it" in shown and "by its id alone" in shown
