"""Which version was the champion before."""

from typing import Any

import pytest

from tasks.lineage.chain import Entry
from tasks.promotion.champions import earlier_champions, was_champion

STORIES: list[tuple[str, list[tuple[str, int, int | None, int | None]], list[int]]] = [
    ("nothing happened", [], []),
    ("one version", [("register", 1, None, 1)], []),
    ("two promotions", [("register", 1, None, 1), ("promote", 2, 1, 2), ("promote", 3, 2, 3)], [2, 1]),
    (
        "a rollback goes on below, not back to what it left",
        [("register", 1, None, 1), ("promote", 2, 1, 2), ("promote", 3, 2, 3), ("rollback", 2, 3, 2)],
        [1],
    ),
    (
        "promoted again after a rollback",
        [("register", 1, None, 1), ("promote", 2, 1, 2), ("rollback", 1, 2, 1), ("promote", 2, 1, 2)],
        [1],
    ),
    (
        "a recalled version is passed over",
        [("register", 1, None, 1), ("promote", 2, 1, 2), ("promote", 3, 2, 3), ("recall", 2, 3, 3)],
        [1],
    ),
    (
        "a recalled champion is not gone back to",
        [("register", 1, None, 1), ("promote", 2, 1, 2), ("recall", 2, 2, 1), ("promote", 3, 1, 3)],
        [1],
    ),
    (
        "a deleted version is passed over",
        [("register", 1, None, 1), ("promote", 2, 1, 2), ("promote", 3, 2, 3), ("delete", 1, 3, 3)],
        [2],
    ),
    (
        "a refusal and a registration change nothing",
        [("register", 1, None, 1), ("register", 2, 1, 1), ("promote", 2, 1, 2), ("refuse", 3, 2, 2)],
        [1],
    ),
    ("an alias older than the ledger", [("register", 5, 3, 3), ("promote", 5, 3, 5)], [3]),
    ("a deleted champion", [("register", 1, None, 1), ("promote", 2, 1, 2), ("restore", 1, 2, 1)], []),
]


def entries_of(story: list[tuple[Any, int, int | None, int | None]]) -> list[Entry]:
    return [
        Entry(number, "0" * 64, "2026-01-01T00:00:00+00:00", action, "m", version, before, after, "ann", "cli", "")
        for number, (action, version, before, after) in enumerate(story, 1)
    ]


@pytest.mark.parametrize(("story", "due"), [each[1:] for each in STORIES], ids=[each[0] for each in STORIES])
def test_earlier_champions_by_the_ledger(story: Any, due: list[int]) -> None:
    assert earlier_champions(entries_of(story)) == due


def test_a_version_was_champion_if_any_entry_says_so() -> None:
    entries = entries_of([("register", 1, None, 1), ("register", 2, 1, 1), ("promote", 2, 1, 2), ("register", 3, 2, 2)])
    assert [was_champion(entries, version) for version in (1, 2, 3)] == [True, True, False]
