"""The memory of a search: what a kill leaves of it, and what is in its file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import IntegrityError, SetupError
from tasks.search.space import Choices, Range
from tasks.search.study import Study

SPACE = {
    "finetune.learning_rate": Range(1e-5, 1e-3, log=True),
    "finetune.thaw": Choices(({"kind": "by_epoch"}, "x", 2)),
}


def _result(score: float, *, is_pruned: bool = False) -> dict[str, Any]:
    return {"val_score": score, "curve": [score / 2, score], "is_pruned": is_pruned}


def _go_on(study: Study, count: int) -> list[Any]:
    points = []
    for _ in range(count):
        number, point = study.ask()
        points.append(point)
        study.tell(number, _result(0.5 + point["finetune.learning_rate"] * 100))
    return points


def test_a_killed_search_proposes_what_an_undisturbed_one_would_have(tmp_path: Path) -> None:
    whole = _go_on(Study(tmp_path / "whole.db", SPACE, seed=3), 9)
    first = Study(tmp_path / "killed.db", SPACE, seed=3)
    found = _go_on(first, 6)
    first.ask()  # under way when the process dies
    assert found + _go_on(Study(tmp_path / "killed.db", SPACE, seed=3), 3) == whole


def test_points_under_way_when_it_was_killed_are_tried_again_first(tmp_path: Path) -> None:
    """By another seed, so that nothing but the memory can bring them back; then it proposes others."""
    first = Study(tmp_path / "a.db", SPACE, seed=0, at_once=2)
    _go_on(first, 2)
    under_way = [first.ask()[1], first.ask()[1]]
    again = Study(tmp_path / "a.db", SPACE, seed=9, at_once=2)
    assert [again.ask()[1], again.ask()[1]] == under_way
    assert again.ask()[1] not in under_way


def test_what_was_told_is_kept(tmp_path: Path) -> None:
    study = Study(tmp_path / "a.db", SPACE, seed=0)
    for told in (_result(0.7), _result(0.2, is_pruned=True)):
        study.tell(study.ask()[0], told)
    study.tell_failure(study.ask()[0], "the train loss is nan")
    found = Study(tmp_path / "a.db", SPACE, seed=0).tries()
    assert [(each.state, each.value, each.reason) for each in found] == [
        ("complete", 0.7, ""),
        ("pruned", None, ""),
        ("failed", None, "the train loss is nan"),
    ]
    assert found[0].result["curve"] == [0.35, 0.7]
    assert found[0].point["finetune.thaw"] in [{"kind": "by_epoch"}, "x", 2]


def test_importances_need_some_trials_and_add_up(tmp_path: Path) -> None:
    study = Study(tmp_path / "a.db", SPACE, seed=0)
    _go_on(study, 3)
    assert study.importances() == {}
    _go_on(study, 7)
    assert abs(sum(study.importances().values()) - 1) < 1e-6
    assert study.importances() == study.importances()


def test_file_holds_numbers_and_text_alone(tmp_path: Path) -> None:
    """No pickle: whoever opens the file of a stranger runs nothing of his."""
    _go_on(Study(tmp_path / "a.db", SPACE, seed=0), 2)
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608
                assert not [value for value in row if isinstance(value, bytes)]


def test_a_damaged_memory_is_named_and_one_of_another_optuna_too(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    _go_on(Study(file, SPACE, seed=0), 1)
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"no database" * 100):
        file.write_bytes(damaged)
        with pytest.raises(IntegrityError, match=r"a\.db, the memory of the search, is damaged .*Remove it"):
            Study(file, SPACE, seed=0)
    file.write_bytes(whole)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'v99.0.0'")
        database.commit()
    with pytest.raises(SetupError, match=r"a\.db: this Optuna cannot read"):
        Study(file, SPACE, seed=0)
