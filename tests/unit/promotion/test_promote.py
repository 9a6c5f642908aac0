"""A promotion, whole and cut off anywhere, alone and against another."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import ChampionMovedError, IntegrityError, SettingsError
from tasks.lineage.kept import read_statement
from tasks.lineage.ledger import append, ledger_name
from tasks.lineage.named import find_named
from tasks.promotion.champions import UNFIT
from tasks.promotion.choice import find_number
from tasks.promotion.promote import Asked, Judged, decide, idle
from tasks.promotion.rollback import roll_back
from tasks.promotion.settled import check_expected, settled_ledger
from tasks.tracking.download import download


def test_a_better_version_becomes_the_champion_and_everything_says_so(desk) -> None:
    decided = desk.promote(2, reason="reads better, password=hunter2secret")
    assert decided.what == "promoted"
    assert desk.aliases == {"champion": 2}  # it challenges no more
    ledger = desk.ledger
    entry = ledger.chain.entries[-1]
    assert (entry.action, entry.before, entry.after, entry.by, entry.via) == ("promote", 1, 2, "ann", "cli")
    assert "hunter2" not in entry.text
    assert ledger.is_applied
    assert {each["name"] for each in entry.evidence["rules"]} > {"files", "loads", "champion", "slices", "latency"}
    new, old = desk.version(2), desk.version(1)
    assert new.tags["promotion"].startswith("CHAMPION: kept v2 by ann at ")
    assert new.description.splitlines()[0] == new.tags["promotion"].replace("*", r"\*")
    assert new.description.splitlines()[2].startswith("PASS accuracy 0.950")
    assert old.tags["promotion"].startswith("FORMER CHAMPION: v2 took its place at ")
    root = desk.store.client.get_run(new.run_id).info.artifact_uri
    kept = json.loads((download(desk.store, f"{root}/promotion") / f"{entry.seq}.json").read_text())
    assert kept["evidence"] == entry.evidence


def test_a_refused_version_changes_nothing_but_the_ledger(desk) -> None:
    decided = desk.with_promote(max_latency_ms=1.0).promote(2)
    assert decided.what == "refused"
    assert "latency: median of one text 5.0 ms > 1 ms (asked: better)" in decided.line
    assert desk.aliases == {"champion": 1, "challenger": 2}
    assert desk.ledger.chain.entries[-1].action == "refuse"
    assert desk.version(2).tags["promotion"].startswith("REFUSED: latency")


def test_where_no_gate_was_asked_nothing_passes(desk) -> None:
    desk.set_alias(2)
    asked = Asked(2, "ann", "ui", "")
    assert decide(desk.store, desk.paths, "tiny", asked, Judged([], {}), desk.ledger.chain).what == "refused"
    assert desk.aliases["champion"] == 1


def test_a_version_that_does_not_exist_is_told(desk) -> None:
    with pytest.raises(SettingsError, match="tiny has no version 9"):
        desk.judge(9)


def test_another_champion_than_expected_is_told(desk) -> None:
    check_expected(desk.ledger.chain, 1, "tiny")
    with pytest.raises(ChampionMovedError, match="CHAMPION_MOVED: the champion of tiny is v1, not v2"):
        check_expected(desk.ledger.chain, 2, "tiny")


def test_of_two_promotions_begun_at_once_one_wins_and_the_ledger_has_both(desk) -> None:
    begun, judged = desk.ledger.chain, desk.judge(2)
    assert desk.decide(2, judged, begun, by="ann").what == "promoted"
    with pytest.raises(ChampionMovedError, match="CHAMPION_MOVED: while you asked, ann did `promote` of version 2"):
        desk.decide(2, judged, begun, by="bob")
    chain = desk.ledger.chain
    assert [each.by for each in chain.void] == ["bob"]
    assert [each.action for each in chain.entries] == ["register", "register", "promote"]
    assert desk.aliases["champion"] == 2


def test_an_entry_that_leaves_the_champion_alone_does_not_get_in_the_way(desk) -> None:
    begun, judged = desk.ledger.chain, desk.judge(2)
    _write(desk, begun, "refuse")
    assert desk.decide(2, judged, begun).what == "promoted"
    assert desk.ledger.chain.void == ()


def test_an_entry_written_elsewhere_at_the_same_moment_is_followed(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, judged = desk.ledger.chain, desk.judge(2)
    tries = []

    def late(*arguments: Any, **named: Any) -> Any:
        if not tries:  # another machine, which holds no lock of ours, is a moment quicker
            tries.append(_write(desk, begun, "refuse"))
        return append(*arguments, **named)

    monkeypatch.setattr("tasks.promotion.enter.append", late)
    assert desk.decide(2, judged, begun).what == "promoted"
    assert [each.action for each in desk.ledger.chain.entries[2:]] == ["refuse", "promote"]


def _write(desk, chain, action: str) -> Any:
    told = {"before": 1, "after": 1, "by": "eve", "via": "cli", "reason": ""}
    return append(desk.store, desk.paths, "tiny", expected=chain.head, action=action, version=2, **told)


@pytest.mark.parametrize("action", sorted(UNFIT))
def test_a_version_that_was_found_unfit_while_it_was_judged_is_not_promoted(desk, action: str) -> None:
    begun, judged = desk.ledger.chain, desk.judge(2)
    _write(desk, begun, action)
    with pytest.raises(ChampionMovedError, match=f"while you asked, eve did `{action}` of version 2"):
        desk.decide(2, judged, begun)
    assert desk.aliases["champion"] == 1
    assert [each.action for each in desk.ledger.chain.void] == ["promote"]


WORDS = ["0", "-1", "9" * 30, "9" * 5000, "²", "v²", "a'b", "", "@", "a\x00b", "\udcff", "champion.ledger", "../1"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_names_no_version_is_told_in_one_line(desk, word: str) -> None:
    with pytest.raises(SettingsError, match=r"tiny has no (version|alias)|names no version") as told:
        find_named(desk.store, "tiny", word)
    assert str(told.value).isprintable()


@pytest.mark.parametrize("number", [0, -1, 10**30])
def test_a_number_that_no_version_can_have_is_none(desk, number: int) -> None:
    assert find_number(desk.store, "tiny", number) is None


@pytest.mark.parametrize("typed", ["\udcff", "a\x1b[31m", "a\u202eb", "a\x00"])
def test_what_a_terminal_would_obey_is_not_kept(desk, typed: str) -> None:
    desk.promote(2, reason=typed)
    entry, page = desk.ledger.chain.entries[-1], desk.version(2)
    for text in (entry.reason, page.tags["promotion"], page.description.splitlines()[0]):
        assert "\ufffd" in text
        assert text.isprintable()


CUTS = ("effect.set_champion", "effect.set_anchor")
"""Before the first thing that the entry does, and after the last; tests/torture/promotion.py kills at all between."""


@pytest.mark.parametrize("point", CUTS)
def test_cut_off_anywhere_the_alias_is_old_or_new_and_the_next_promotion_finishes(
    desk, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    begun, judged = desk.ledger.chain, desk.judge(2)

    def cut(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"tasks.promotion.{point}", cut)
        with pytest.raises(KeyboardInterrupt):
            desk.decide(2, judged, begun)
    assert desk.aliases["champion"] in (1, 2)
    assert not desk.ledger.is_applied
    chain = settled_ledger(desk.store, desk.paths, "tiny").chain
    nothing = idle(desk.store, "tiny", Asked(2, "ann", "cli", "again"), chain)
    assert nothing is not None
    assert nothing.what == "unchanged"
    assert desk.aliases == {"champion": 2}
    assert desk.ledger.is_applied
    assert len(desk.ledger.chain.entries) == 3
    assert desk.version(2).tags["promotion"].startswith("CHAMPION")


def test_a_flipped_bit_is_a_refusal_that_names_the_file(desk, flip: Callable[[Path], None]) -> None:
    flip(desk.folder(2) / "artifacts" / "model" / "weights.safetensors")
    judged = desk.judge(2)
    assert isinstance(judged.broken, IntegrityError)
    assert "weights.safetensors" in judged.why_not


def test_a_champion_with_a_flipped_bit_is_no_measure(desk, flip: Callable[[Path], None]) -> None:
    flip(desk.folder(1) / "artifacts" / "model" / "weights.safetensors")
    assert "weights.safetensors" in str(desk.judge(2).broken)


@pytest.mark.parametrize("tag", ["finetrace.package", "finetrace.statement"])
def test_a_tag_that_differs_from_the_ledger_is_refused(desk, tag: str) -> None:
    desk.store.client.set_model_version_tag("tiny", "2", tag, desk.version(1).tags[tag])
    assert f"its tag {tag} is not what the ledger says" in desk.judge(2).why_not


def test_a_version_that_finetrace_did_not_register_is_refused(desk) -> None:
    made = desk.store.client.create_model_version("tiny", desk.version(2).source, tags=desk.version(2).tags)
    assert "v3 of tiny is not in the ledger" in desk.judge(int(made.version)).why_not


def test_a_changed_ledger_stops_everything(desk) -> None:
    desk.store.client.set_model_version_tag(ledger_name("tiny"), "1", "finetrace.entry", "{}")
    with pytest.raises(IntegrityError, match="The ledger of tiny was tampered with"):
        desk.decide(2, desk.judge(2), desk.ledger.chain)
    assert desk.aliases["champion"] == 1


def test_a_request_that_nobody_makes_any_more_is_no_request(desk) -> None:
    assert desk.promote(2, via="ui").what == "unchanged"
    desk.set_alias(2)
    assert desk.promote(2, via="ui").what == "promoted"
    assert desk.promote(2, via="reconciler").what == "unchanged"


def test_a_request_by_hand_that_is_refused_is_put_back(desk) -> None:
    desk.set_alias(2)
    decided = desk.with_promote(max_megabytes=0.001).promote(2, via="ui", reason="the alias was set by hand")
    assert decided.what == "refused"
    assert desk.aliases == {"champion": 1, "challenger": 2}
    assert desk.version(2).tags["promotion"].startswith("PUT BACK: size: ")
    assert desk.version(2).description.startswith("PUT BACK: size: ")


def test_what_a_person_rejected_is_refused_in_their_name(desk) -> None:
    approval = {"decision": "reject", "approver": "bob", "reason": "wait for legal"}
    decided = desk.promote(2, approval=approval)
    assert decided.what == "refused"
    assert desk.ledger.chain.entries[-1].reason == "not approved by bob: wait for legal"
    assert desk.ledger.chain.entries[-1].evidence["approval"] == approval


def test_what_a_person_approved_is_promoted_with_their_name(desk) -> None:
    approval = {"decision": "approve", "approver": "bob", "reason": "read the errors"}
    assert desk.promote(2, approval=approval).what == "promoted"
    assert desk.ledger.chain.entries[-1].evidence["approval"]["approver"] == "bob"


def test_a_line_of_the_ledger_lies_within_the_run_that_it_names(desk) -> None:  # else an MLflow server refuses it
    desk.promote(2)
    line = desk.store.client.get_model_version(ledger_name("tiny"), "3")
    assert line.run_id == desk.version(2).run_id
    assert line.source == desk.store.client.get_run(line.run_id).info.artifact_uri


def test_a_statement_about_other_files_is_refused(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    others = read_statement(desk.store, desk.version(1))
    monkeypatch.setattr("tasks.promotion.verified.read_statement", lambda store, version: others)
    assert "v2 of tiny: its statement is about other files" in desk.judge(2).why_not


@pytest.mark.parametrize("value", ["eve", ""])
def test_nothing_is_decided_by_a_ledger_of_which_the_audit_says_that_it_is_broken(desk, value: str) -> None:
    begun, judged = desk.ledger.chain, desk.judge(2)
    desk.store.client.set_model_version_tag(ledger_name("tiny"), "1", "by", value)
    with pytest.raises(IntegrityError, match=r"line 1: its tags by are not what it says"):
        desk.decide(2, judged, begun, by="ann")
    with pytest.raises(IntegrityError, match=r"line 1"):
        roll_back(desk.store, desk.paths, "tiny", to=1, by="ann", via="cli", reason="r")
    assert desk.aliases["champion"] == 1
