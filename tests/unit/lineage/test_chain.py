"""Which lines of a ledger count, and what each way of tampering with them shows."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tasks.lineage.chain import EMPTY, NOTHING, Chain, Entry, Head, Line, parse_entry, read_chain


def entry(previous: Entry | None, version: int, after: int, **changes: object) -> Entry:
    made = Entry(
        seq=previous.seq + 1 if previous else 1,
        previous=previous.digest if previous else NOTHING,
        time="2026-11-29T12:00:00+00:00",
        action="promote",
        model="tiny",
        version=version,
        before=previous.after if previous else None,
        after=after,
        by="ann",
        via="cli",
        reason="better",
        evidence={"n": version},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def entries(count: int) -> list[Entry]:
    found: list[Entry] = []
    for number in range(1, count + 1):
        found.append(entry(found[-1] if found else None, number, number))
    return found


def lines(found: list[Entry]) -> list[Line]:
    return [Line(number, each.text) for number, each in enumerate(found, 1)]


def read(found: list[Line]) -> Chain:
    return read_chain(found, "tiny")


def test_an_untouched_ledger_has_no_flaw_and_tells_the_champion() -> None:
    chain = read(lines(entries(5)))
    assert (chain.flaws, chain.void, chain.champion, chain.head.seq) == ((), (), 5, 5)
    assert [each.version for each in chain.entries] == [1, 2, 3, 4, 5]


def test_an_empty_ledger_has_no_champion() -> None:
    assert (read([]).champion, read([]).head) == (None, EMPTY)


def test_of_two_entries_after_one_head_the_first_counts_and_the_other_is_void() -> None:
    first, *_ = entries(1)
    won, lost = entry(first, 2, 2), entry(first, 3, 3)
    chain = read(lines([first, won, lost]))
    assert (chain.champion, chain.void, chain.flaws) == (2, (lost,), ())


def test_an_entry_written_long_after_its_head_moved_is_void_too() -> None:
    found = entries(4)
    late = entry(found[0], 9, 9)
    assert read(lines([*found, late])).void == (late,)
    assert read(lines([*found, late, entry(found[3], 5, 5)])).champion == 5


ALTERED: dict[str, Callable[[Entry], Entry]] = {
    "seq": lambda e: replace(e, seq=e.seq + 1),
    "previous": lambda e: replace(e, previous="f" * 64),
    "time": lambda e: replace(e, time="2020-01-01T00:00:00+00:00"),
    "action": lambda e: replace(e, action="reject"),
    "version": lambda e: replace(e, version=77),
    "before": lambda e: replace(e, before=77),
    "after": lambda e: replace(e, after=77),
    "by": lambda e: replace(e, by="eve"),
    "via": lambda e: replace(e, via="ui"),
    "reason": lambda e: replace(e, reason=""),
    "evidence": lambda e: replace(e, evidence={}),
    "model": lambda e: replace(e, model="other"),
}


@pytest.mark.parametrize("name", ALTERED)
@pytest.mark.parametrize("place", [0, 2])
def test_a_line_altered_before_the_end_is_a_flaw(name: str, place: int) -> None:
    found = entries(4)
    assert {*ALTERED} == {*Entry.__dataclass_fields__}
    assert read(lines([ALTERED[name](e) if at == place else e for at, e in enumerate(found)])).flaws


@pytest.mark.parametrize("name", ALTERED)
def test_the_last_line_altered_is_another_head_or_a_flaw(name: str) -> None:
    """The anchor, which names the head, tells then: tests of the ledger."""
    found = entries(4)
    chain = read(lines([*found[:3], ALTERED[name](found[3])]))
    assert chain.flaws or not chain.knows(Head(4, found[3].digest))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_deleted_line_is_a_flaw(place: int) -> None:
    found = lines(entries(4))
    assert any(flaw.why == "it was deleted" for flaw in read(found[:place] + found[place + 1 :]).flaws)


def test_two_lines_swapped_are_a_flaw() -> None:
    one, two, three, four = (each.text for each in entries(4))
    assert read([Line(at, text) for at, text in enumerate([one, three, two, four], 1)]).flaws


def test_a_line_put_in_between_is_a_flaw_or_void_and_moves_nobody() -> None:
    found = entries(3)
    forged = replace(entry(found[1], 9, 9), previous="e" * 64)
    chain = read(lines([found[0], found[1], forged, found[2]]))
    assert chain.flaws
    assert chain.champion == 3


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "not json", '{"seq":1}', "[" * 100_000])
def test_what_is_no_entry_is_a_flaw(text: str) -> None:
    assert read([*lines(entries(1)), Line(2, text)]).flaws


def test_an_entry_is_read_only_exactly_as_it_is_written() -> None:
    first = entries(1)[0]
    assert parse_entry(first.text) == first
    assert parse_entry(first.text.replace(":", ": ", 1)) is None
    assert parse_entry(first.text.replace('"seq":1', '"seq":true')) is None
    assert parse_entry(first.text.replace('"by":"ann"', '"by":null')) is None


def test_a_head_is_known_by_place_and_digest() -> None:
    found = entries(3)
    chain = read(lines(found))
    assert chain.knows(Head(2, found[1].digest))
    assert chain.knows(EMPTY)
    assert not chain.knows(Head(2, found[2].digest))
    assert not chain.knows(Head(4, found[2].digest))
    assert not chain.knows(Head(-1, ""))


def test_an_action_that_nobody_knows_is_no_entry() -> None:
    text = Entry(1, NOTHING, "", "bless", "tiny", 1, None, 1, "eve", "cli", "").text  # type: ignore[arg-type]
    assert parse_entry(text) is None
    assert parse_entry(text.replace("bless", "promote")) is not None
