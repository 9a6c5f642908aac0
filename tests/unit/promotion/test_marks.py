"""What a version's page in MLflow says of its promotion."""

import pytest

from tasks.lineage.chain import Action, Entry
from tasks.promotion.marks import WORDS, marks_of, with_line


def entry(action: Action, version: int, before: int | None, after: int | None, via: str = "cli") -> Entry:
    time = "2026-01-02T03:04:05+00:00"
    return Entry(1, "0" * 64, time, action, "m", version, before, after, "ann", via, "too\n slow")


@pytest.mark.parametrize(
    ("given", "due"),
    [
        (
            entry("promote", 2, 1, 2),
            {
                1: "FORMER CHAMPION: v2 took its place at 2026-01-02 03:04 UTC (promote by ann): too slow",
                2: "CHAMPION: kept v2 by ann at 2026-01-02 03:04 UTC (promote via cli): too slow",
            },
        ),
        (entry("refuse", 2, 1, 1), {2: "REFUSED: too slow (asked by ann at 2026-01-02 03:04 UTC)"}),
        (entry("refuse", 2, 1, 1, "ui"), {2: "PUT BACK: too slow (asked by ann at 2026-01-02 03:04 UTC)"}),
        (entry("reject", 2, 1, 1), {2: "REJECTED: too slow (by ann at 2026-01-02 03:04 UTC)"}),
        (entry("register", 2, 1, 1), {}),
        (entry("delete", 2, 1, 1), {}),
    ],
)
def test_an_entry_is_told_on_the_pages_that_it_concerns(given: Entry, due: dict[int, str]) -> None:
    assert marks_of(given) == due
    assert all(line.startswith(WORDS) for line in due.values())


def test_the_newest_line_stands_first_and_takes_the_place_of_the_last() -> None:
    once = with_line("PASS accuracy 0.9\n\n| table |", "CHAMPION: kept v2")
    assert once == "CHAMPION: kept v2\n\nPASS accuracy 0.9\n\n| table |"
    assert with_line(once, "FORMER CHAMPION: v3") == "FORMER CHAMPION: v3\n\nPASS accuracy 0.9\n\n| table |"


def test_a_reason_is_no_markup_and_no_second_line() -> None:
    assert with_line("", "PUT BACK: [x](http://y)\n# big <b>") == r"PUT BACK: [x\](http://y) # big \<b\>"
