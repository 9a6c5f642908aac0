"""Registry and ledger in every way that they can disagree."""

from typing import Any

import pytest

from tasks.lineage.chain import EMPTY, NOTHING, Chain, Entry, Flaw, Head
from tasks.lineage.ledger import Ledger
from tasks.promotion.disagreements import Calm, Finish, Replace, Request, RestoreAlias, State, Warn, next_action


def chain_of(champion: int | None) -> Chain:
    entry = Entry(1, NOTHING, "2026-01-01", "register", "m", 1, None, champion, "ann", "cli", "")
    return Chain((entry,), (), (), ())


def state(alias: int | None = 1, versions: tuple[int, ...] = (1, 2, 3), warned: str = "", **ledger: Any) -> State:
    chain = ledger.get("chain", chain_of(1))
    return State(Ledger(chain, ledger.get("anchor", chain.head)), alias, set(versions), warned)


FLAWED = Chain((), (), (), (Flaw(3, "it was deleted"),))
NO_LEDGER = Chain((), (), (), ())
CASES = [
    ("all agrees", state(), None),
    ("the alias was moved by hand", state(alias=2), Request(2)),
    ("the alias was removed", state(alias=None), RestoreAlias(1)),
    ("the champion was deleted, and the alias with it", state(alias=None, versions=(2, 3)), Replace(1)),
    ("the champion was deleted, and the alias set to another", state(alias=3, versions=(2, 3)), Replace(1)),
    ("a promotion was cut off", state(alias=2, anchor=EMPTY), Finish()),
    ("a promotion was cut off before the alias", state(alias=None, anchor=EMPTY), Finish()),
    ("the ledger was changed", state(chain=FLAWED), Warn("line 3: it was deleted")),
    ("the ledger was changed and the alias moved", state(alias=2, chain=FLAWED), Warn("line 3: it was deleted")),
    ("the ledger was changed, which is known", state(alias=2, chain=FLAWED, warned="line 3: it was deleted"), None),
    ("the ledger was mended", state(warned="line 3: it was deleted"), Calm()),
    ("mended, and a request waits", state(alias=2, warned="line 3: it was deleted"), Request(2)),
    ("all were recalled", state(alias=None, chain=chain_of(None)), None),
    ("all were recalled, and the alias set by hand", state(alias=2, chain=chain_of(None)), Request(2)),
    ("there is no ledger yet", state(alias=2, chain=NO_LEDGER), None),
    ("there is nothing at all", state(alias=None, versions=(), chain=NO_LEDGER), None),
]


@pytest.mark.parametrize(("found", "due"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_what_is_done_first(found: State, due: Any) -> None:
    assert next_action(found) == due


def test_every_kind_of_action_is_among_the_cases() -> None:
    assert {type(due) for _, _, due in CASES if due} == {Warn, Calm, Finish, Request, RestoreAlias, Replace}


def test_an_anchor_that_is_no_head_leaves_something_to_finish() -> None:
    assert next_action(state(anchor=Head(0, NOTHING))) == Finish()
