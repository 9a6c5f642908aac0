from typing import Any

import pytest

from tasks.errors import ChampionMovedError
from tasks.lineage.chain import EMPTY, Chain, Entry
from tasks.lineage.ledger import read_ledger
from tasks.register.version import _set_aliases
from tasks.trace import recall as recalling
from tasks.trace.contents import Contents
from tasks.trace.datasets import touched_by
from tasks.trace.learned import Holdings, Touch
from tasks.trace.recall import Recall, carry_out, plan_recall
from tasks.trace.versions import Version, read_versions
from tests.unit.trace.rows import NAME, an_id

ROW = an_id("where is my box")


def chain_of(*entries: tuple[str, int, int | None]) -> Chain:
    """A ledger of these: action, version, champion afterwards."""
    made, before = [], None
    for seq, (action, version, after) in enumerate(entries, 1):
        facts = {"previous": "", "time": "", "model": NAME, "by": "", "via": "", "reason": ""}
        made.append(Entry(seq=seq, action=action, version=version, before=before, after=after, **facts))  # type: ignore[arg-type]
        before = after
    return Chain(tuple(made), (), (), ())


def touches(**hows: Any) -> list[Touch]:
    """v1="learned", … → touches."""
    return [Touch(Version(NAME, int(name[1:]), (), {}, "", None, None), how) for name, how in hows.items()]


HISTORY = (("register", 1, 1), ("register", 2, 1), ("promote", 2, 2), ("register", 3, 2), ("promote", 3, 3))


def test_the_champion_goes_back_to_the_last_earlier_one_that_is_not_touched() -> None:
    assert plan_recall(NAME, touches(v1="untouched", v2="untouched", v3="learned"), chain_of(*HISTORY)).after == 2
    assert plan_recall(NAME, touches(v1="untouched", v2="chosen by", v3="learned"), chain_of(*HISTORY)).after == 1


def test_no_version_of_which_nobody_can_tell_becomes_champion() -> None:
    plan = plan_recall(NAME, touches(v1="unknown", v2="unknown", v3="learned"), chain_of(*HISTORY))
    assert (plan.before, plan.after) == (3, None)


def test_no_version_that_was_never_champion_or_was_recalled_or_deleted_comes_back() -> None:
    recalled = (*HISTORY, ("recall", 2, 3))
    assert plan_recall(NAME, touches(v1="untouched", v2="untouched", v3="learned"), chain_of(*recalled)).after == 1
    assert plan_recall(NAME, touches(v3="learned"), chain_of(*HISTORY)).after is None
    assert plan_recall(NAME, touches(v1="learned", v4="untouched"), chain_of(("register", 1, 1))).after is None


@pytest.mark.parametrize(
    ("then", "after"),
    [
        ([("rollback", 1, 1)], None),
        ([("promote", 1, 1), ("reject", 2, 1)], None),
        ([("rollback", 1, 1), ("promote", 2, 2), ("promote", 1, 1)], 2),
        ([("promote", 1, 1)], 2),
    ],
)
def test_no_version_that_was_rejected_or_left_by_a_rollback_comes_back(then: list[Any], after: int | None) -> None:
    chain = chain_of(("register", 1, 1), ("register", 2, 1), ("promote", 2, 2), *then)
    assert plan_recall(NAME, touches(v1="learned", v2="untouched"), chain).after == after


def test_a_version_that_was_recalled_and_became_champion_again_is_recalled_again() -> None:
    chain = chain_of(("register", 1, 1), ("recall", 1, None), ("promote", 1, 1))
    plan = plan_recall(NAME, touches(v1="learned"), chain)
    assert (plan.already, plan.before, plan.after) == (frozenset(), 1, None)


def test_a_champion_that_is_not_touched_stays() -> None:
    plan = plan_recall(NAME, touches(v1="learned", v2="learned", v3="measured on"), chain_of(*HISTORY))
    assert (plan.before, plan.after, plan.numbers) == (3, 3, [1, 2])


def plan_for(traced: Any) -> Recall:
    holdings = Holdings(Contents(traced.paths), [ROW])
    found = [holdings.touch(each) for each in read_versions(traced.store, NAME)]
    return plan_recall(NAME, found, read_ledger(traced.store, traced.paths, NAME).chain)


def carry(traced: Any, plan: Recall) -> None:
    carry_out(traced.store, traced.paths, plan, by="ada", reason="asked", evidence={"row": ROW})


def test_recall_is_entered_and_takes_the_aliases(third_is_touched: Any) -> None:
    traced = third_is_touched
    carry(traced, plan_for(traced))
    ledger = read_ledger(traced.store, traced.paths, NAME)
    assert [(e.action, e.version, e.before, e.after) for e in ledger.chain.entries[-2:]] == [
        ("recall", 1, 3, 2),
        ("recall", 3, 2, 2),
    ]
    assert (ledger.flaws, ledger.is_applied) == ((), True)
    assert traced.aliases() == {"champion": 2}
    tags = {each.number: each.tags.get("recalled") for each in read_versions(traced.store, NAME)}
    assert tags == {1: "asked", 2: None, 3: "asked"}


@pytest.mark.parametrize("when", ["after the first line", "after all lines"])
def test_cut_off_recall_is_finished_by_the_same_call(
    third_is_touched: Any, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced, calls = third_is_touched, []

    def cut(*given: Any, **named: Any) -> Any:
        calls.append(named)
        if when == "after all lines" or len(calls) == 2:
            raise KeyboardInterrupt
        return append(*given, **named)

    append = recalling.append
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(recalling, "append" if when == "after the first line" else "follow_ledger", cut)
        carry(traced, plan_for(traced))
    assert not read_ledger(traced.store, traced.paths, NAME).is_applied
    carry(traced, plan_for(traced))
    ledger = read_ledger(traced.store, traced.paths, NAME)
    assert sorted(e.version for e in ledger.chain.entries if e.action == "recall") == [1, 3]
    assert ledger.is_applied and traced.aliases() == {"champion": 2}


def test_recall_is_refused_if_the_ledger_moved_since_it_was_planned(third_is_touched: Any) -> None:
    traced = third_is_touched
    plan = plan_for(traced)
    traced.promote(2)
    with pytest.raises(ChampionMovedError):
        carry(traced, plan)
    chain = read_ledger(traced.store, traced.paths, NAME).chain
    assert not [each for each in (*chain.entries, *chain.void) if each.action == "recall"]


def test_registering_the_same_content_again_does_not_bring_a_recalled_version_back(traced: Any) -> None:
    traced.register()
    carry(traced, plan_for(traced))
    chain = read_ledger(traced.store, traced.paths, NAME).chain
    assert (traced.aliases(), chain.champion) == ({}, None)
    _set_aliases(traced.store, NAME, 1, chain)
    assert traced.aliases() == {}


def test_a_data_set_is_found_by_md5_and_by_sha256(traced: Any) -> None:
    traced.register()
    (version,), contents = read_versions(traced.store, NAME), Contents(traced.paths)
    for name, how in {
        "data/augmented/train.parquet": "learned",
        "data/raw/rows.csv": "learned",
        "data/split/val.parquet": "chosen by",
        "data/split/test.parquet": "measured on",
    }.items():
        digest = version.known().materials[name]["digest"]
        assert {touched_by(contents, version, digest[kind]).how for kind in ("md5", "sha256")} == {how}
    assert touched_by(contents, version, "f" * 32).how == "untouched"


def test_the_head_of_an_empty_ledger_is_what_a_plan_rests_on() -> None:
    assert plan_recall(NAME, [], chain_of()).head == EMPTY
