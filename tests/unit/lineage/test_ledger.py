"""The ledger in a real registry: races, tampering by whoever may write to it, and what a workspace remembers."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from tasks.errors import ChampionMovedError, IntegrityError
from tasks.lineage.chain import EMPTY, Entry, Head
from tasks.lineage.keys import key_file, make_key, read_key, trust, trusted_keys
from tasks.lineage.ledger import (
    SIGNATURES,
    TEXT,
    append,
    describe_entry,
    ledger_name,
    read_ledger,
    refuse_bad_signatures,
    set_anchor,
)
from tasks.lineage.signature import ENTRY, sign, signers
from tasks.paths import Paths
from tasks.tracking import Store


def write(store: Store, paths: Paths, expected: Head, **changes: Any) -> Entry:
    values = {"action": "promote", "version": 1, "before": None, "after": 1, "by": "ann", "via": "cli", "reason": "r"}
    return append(store, paths, "tiny", expected=expected, **(values | changes))  # type: ignore[arg-type]


def grow(store: Store, paths: Paths, count: int) -> list[Entry]:
    """So many entries, the aliases set by the last."""
    for _ in range(count):
        write(store, paths, read_ledger(store, paths, "tiny").chain.head)
    chain = read_ledger(store, paths, "tiny").chain
    set_anchor(store, "tiny", chain.head)
    return list(chain.entries)


def sql(paths: Paths, command: str, *values: Any) -> None:
    with closing(sqlite3.connect(paths.root / "mlflow.db")) as connection, connection:
        assert connection.execute(command, values).rowcount


def test_nothing_is_in_the_ledger_of_a_model_that_is_not_there(store: Store, paths: Paths) -> None:
    ledger = read_ledger(store, paths, "unknown")
    assert (ledger.chain.head, ledger.anchor, ledger.flaws) == (EMPTY, EMPTY, ())


def test_entries_come_back_as_written_and_are_applied_once_anchored(store: Store, paths: Paths) -> None:
    first = write(store, paths, EMPTY)
    assert not read_ledger(store, paths, "tiny").is_applied
    set_anchor(store, "tiny", Head(1, first.digest))
    ledger = read_ledger(store, paths, "tiny")
    assert (ledger.chain.entries, ledger.is_applied, ledger.flaws) == ((first,), True, ())
    shown = store.client.get_model_version(ledger_name("tiny"), "1").description
    assert shown == describe_entry(first) == "promote v1, champion none → v1, by ann (cli): r"


def test_of_eight_at_once_one_wins_and_all_are_in_the_ledger(store: Store, paths: Paths) -> None:
    """Fault 23."""

    def once(number: int) -> str:
        try:
            return write(store, paths, EMPTY, by=f"person {number}").by
        except ChampionMovedError as error:
            assert str(error).startswith("CHAMPION_MOVED: while you asked, person ")
            return ""

    with ThreadPoolExecutor(8) as pool:
        won = [name for name in pool.map(once, range(8)) if name]
    chain = read_ledger(store, paths, "tiny").chain
    assert won == [each.by for each in chain.entries]
    assert (len(won), len(chain.void), chain.flaws) == (1, 7, ())


def test_a_line_about_a_deleted_version_can_still_be_written(store: Store, paths: Paths) -> None:
    grow(store, paths, 1)
    store.client.delete_model_version("tiny", "1")
    assert write(store, paths, read_ledger(store, paths, "tiny").chain.head, action="restore").action == "restore"


def alter_line(store: Store, paths: Paths, entries: list[Entry], number: int) -> None:
    forged = entries[number - 1].text.replace('"by":"ann"', '"by":"eve"')
    store.client.set_model_version_tag(ledger_name("tiny"), str(number), TEXT, forged)


TAMPERED = {
    "first line altered": lambda store, paths, entries: alter_line(store, paths, entries, 1),
    "last line altered": lambda store, paths, entries: alter_line(store, paths, entries, 3),
    "middle line deleted": lambda store, paths, entries: store.client.delete_model_version("tiny.ledger", "2"),
    "last line deleted": lambda store, paths, entries: store.client.delete_model_version("tiny.ledger", "3"),
    "text removed": lambda store, paths, entries: store.client.delete_model_version_tag("tiny.ledger", "2", TEXT),
    "ledger deleted": lambda store, paths, entries: store.client.delete_registered_model("tiny.ledger"),
    "lines swapped": lambda store, paths, entries: [
        store.client.set_model_version_tag("tiny.ledger", "2", TEXT, entries[2].text),
        store.client.set_model_version_tag("tiny.ledger", "3", TEXT, entries[1].text),
    ],
    "anchor altered": lambda store, paths, entries: store.client.set_registered_model_tag(
        "tiny", "finetrace.ledger", "3 " + "0" * 64
    ),
    "anchor is no anchor": lambda store, paths, entries: store.client.set_registered_model_tag(
        "tiny", "finetrace.ledger", "nonsense"
    ),
    "tag altered": lambda store, paths, entries: store.client.set_model_version_tag("tiny.ledger", "2", "by", "eve"),
    "tag added": lambda store, paths, entries: store.client.set_model_version_tag(
        "tiny.ledger", "2", "approved", "yes"
    ),
    "description altered": lambda store, paths, entries: store.client.update_model_version(
        "tiny.ledger", "2", "all well"
    ),
    "tag altered in the database": lambda store, paths, entries: sql(
        paths, "UPDATE model_version_tags SET value = 'eve' WHERE name = 'tiny.ledger' AND version = 1 AND key = 'by'"
    ),
    "line removed in the database": lambda store, paths, entries: sql(
        paths, "UPDATE model_versions SET version = 9 WHERE name = 'tiny.ledger' AND version = 2"
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_shows_and_nothing_is_done_by_such_a_ledger(store: Store, paths: Paths, how: str) -> None:
    entries = grow(store, paths, 3)
    assert read_ledger(store, paths, "tiny").flaws == ()
    TAMPERED[how](store, paths, entries)
    ledger = read_ledger(store, paths, "tiny")
    assert ledger.flaws
    with pytest.raises(IntegrityError, match="was tampered with"):
        ledger.refuse_flaws("tiny")


def test_a_ledger_cut_short_together_with_its_anchor_shows_where_it_was_seen(store: Store, paths: Paths) -> None:
    entries = grow(store, paths, 3)
    store.client.delete_registered_model("tiny.ledger")
    head = EMPTY
    for each in entries[:2]:  # written anew, so perhaps a second later than the first time
        again = write(store, Paths(paths.root / "elsewhere"), head, by=each.by)
        head = Head(again.seq, again.digest)
    chain = read_ledger(store, Paths(paths.root / "elsewhere"), "tiny").chain
    set_anchor(store, "tiny", chain.head)
    assert read_ledger(store, Paths(paths.root / "elsewhere"), "tiny").flaws == ()
    assert [flaw.why for flaw in read_ledger(store, paths, "tiny").flaws] == [
        "an entry that this workspace has seen is gone or changed"
    ]


def test_a_new_registry_at_the_same_address_is_begun_anew(store: Store, paths: Paths) -> None:
    grow(store, paths, 2)
    store.client.delete_registered_model("tiny.ledger")
    store.client.delete_registered_model("tiny")
    assert read_ledger(store, paths, "tiny").flaws == ()
    store.client.create_registered_model("tiny")
    run_id = store.client.search_runs([store.experiment_id])[0].info.run_id
    store.client.create_model_version("tiny", source=(paths.root / "files").as_uri(), run_id=run_id)
    write(store, paths, EMPTY)
    assert read_ledger(store, paths, "tiny").flaws == ()


def test_entries_are_signed_where_a_key_is_set_up(store: Store, paths: Paths) -> None:
    make_key(key_file())
    trust(paths, read_key(key_file()).public_key())
    write(store, paths, EMPTY)
    [line] = read_ledger(store, paths, "tiny").chain.lines
    trusted = trusted_keys(paths)
    assert signers(line.text, ENTRY, line.signatures, trusted) == ([*trusted], [])
    assert signers(line.text + " ", ENTRY, line.signatures, trusted)[0] == []


@pytest.mark.parametrize(("of", "why"), [("another line", "does not fit"), ("a stranger", "not in infra/keys")])
def test_lines_whose_signatures_are_not_good_are_refused(store: Store, paths: Paths, of: str, why: str) -> None:
    make_key(key_file())
    key = read_key(key_file())
    trust(paths, key.public_key())
    grow(store, paths, 2)
    refuse_bad_signatures(read_ledger(store, paths, "tiny"), paths, "tiny")
    make_key(paths.root / "stranger.pem")
    stranger = read_key(paths.root / "stranger.pem")
    [_, second] = read_ledger(store, paths, "tiny").lines
    wrong = sign("something else", ENTRY, key) if of == "another line" else sign(second.text, ENTRY, stranger)
    store.client.set_model_version_tag("tiny.ledger", "2", SIGNATURES, wrong)
    with pytest.raises(IntegrityError, match=f"line 2: .*{why}"):
        refuse_bad_signatures(read_ledger(store, paths, "tiny"), paths, "tiny")


def test_signatures_of_strangers_are_nothing_to_complain_of_where_nobody_is_trusted(store: Store, paths: Paths) -> None:
    make_key(key_file())
    grow(store, paths, 1)
    refuse_bad_signatures(read_ledger(store, paths, "tiny"), paths, "tiny")
