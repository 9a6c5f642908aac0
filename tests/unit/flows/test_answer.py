"""A request from a flow: judged, put aside while a person thinks, entered, told."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.answer import answer
from flows.promote import question, report
from flows.reconcile import act
from flows.registry import Registry
from tasks.errors import ChampionMovedError, DataError
from tasks.lineage.ledger import ledger_name
from tasks.promotion.disagreements import Request, next_action
from tasks.promotion.marks import is_being_asked, mark
from tasks.promotion.mend import WARNING, read_state
from tasks.promotion.promote import Asked, judge_version
from tests.desk import Desk

REQUEST = Asked(2, "somebody in MLflow", "ui", "the alias champion was set by hand")
YES = {"decision": "approve", "approver": "bob", "reason": "fine"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Which events were told, and in which words."""
    events: list[tuple[str, str]] = []
    for module in ("answer", "reconcile", "promote"):
        monkeypatch.setattr(f"flows.{module}.notify", lambda settings, event, line, facts: events.append((event, line)))
    return events


def registry_of(desk: Desk, **changes: Any) -> Registry:
    other = desk.with_promote(**changes)
    return Registry(other.paths, other.config, other.store)


def never(*_: Any) -> dict[str, str]:
    raise AssertionError("nobody had to be asked")


def test_a_request_by_hand_is_kept_and_its_echo_ends_at_once(desk, told) -> None:
    desk.set_alias(2)
    judged, decided = answer(registry_of(desk), REQUEST, never)
    assert (decided.what, desk.aliases) == ("promoted", {"champion": 2})
    assert desk.version(2).description.startswith("CHAMPION: ")
    for via in ("ui", "reconciler"):
        judged, decided = answer(registry_of(desk), replace(REQUEST, via=via), never)  # type: ignore[arg-type]
        assert (decided.what, list(judged.outcomes)) == ("unchanged", [])  # nobody was asked
    assert [event for event, _ in told] == ["promoted"]
    assert len(desk.ledger.chain.entries) == 3


def test_while_a_person_thinks_the_old_champion_serves(desk, told) -> None:
    desk.set_alias(2)
    seen: list[Any] = []

    def think(asked: Asked, judged: Any) -> dict[str, str]:
        seen.append((desk.aliases["champion"], desk.version(2).tags["promotion"], question(asked, judged)))
        return YES

    _, decided = answer(registry_of(desk, approval=True), REQUEST, think)
    champion, tag, shown = seen[0]
    assert champion == 1
    assert tag == "WAITING for approval in Prefect: asked by somebody in MLflow, every gate passed"
    assert "**v2 shall become the champion.** Asked by somebody in MLflow" in shown
    assert "| loads | passed |" in shown
    assert decided.what == "promoted"
    assert desk.ledger.chain.entries[-1].evidence["approval"] == YES
    assert [event for event, _ in told] == ["approval", "promoted"]


def test_while_the_gates_are_asked_the_page_says_so(desk, told, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.set_alias(2)
    seen: list[str] = []

    def judge(*arguments: Any) -> Any:
        seen.extend([desk.version(2).tags["promotion"], desk.version(2).description])
        assert is_being_asked(seen[0])
        seen.append(answer(registry_of(desk), replace(REQUEST, via="reconciler"), never)[1].line)  # ends at once
        return judge_version(*arguments)

    monkeypatch.setattr("flows.answer.judge_version", judge)
    assert answer(registry_of(desk), REQUEST, never)[1].what == "promoted"
    assert re.match(r"BEING ASKED since \d{4}-\d\d-\d\d \d\d:\d\d UTC: by somebody in MLflow", seen[0])
    assert seen[1].startswith("BEING ASKED since ")
    assert seen[2] == "v2 of tiny is already being asked: whoever began answers."
    assert not is_being_asked(desk.version(2).tags["promotion"])


@pytest.mark.parametrize("how", ["taken back", "an error"])
def test_what_ends_without_an_answer_leaves_the_page_as_it_was(
    desk, told, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    mark(desk.store, "tiny", 2, "FORMER CHAMPION: v1 took its place")
    before = desk.version(2)
    desk.set_alias(2)

    def judge(*arguments: Any) -> Any:
        if how == "an error":
            raise DataError("no disk")
        desk.set_alias(1)
        return judge_version(*arguments)

    monkeypatch.setattr("flows.answer.judge_version", judge)
    with suppress(DataError):
        answer(registry_of(desk), REQUEST, never)
    after = desk.version(2)
    assert before.tags["promotion"].startswith("FORMER CHAMPION")
    assert (after.tags["promotion"], after.description) == (before.tags["promotion"], before.description)


def test_reconcile_leaves_a_request_to_the_run_that_answers_it(desk, told, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.set_alias(2)
    monkeypatch.setattr("flows.reconcile.states_of_promotions", lambda workspace, version: {"RUNNING"})
    assert act(registry_of(desk), Request(2), "") == "v2 was set as champion by hand: a flow run of promote is at it"
    assert desk.aliases["champion"] == 2
    monkeypatch.setattr("flows.reconcile.states_of_promotions", lambda workspace, version: {"PAUSED"})
    line = act(registry_of(desk), Request(2), "")
    assert line == "v2 waits for approval in Prefect already: the alias champion is at v1 again"
    assert desk.aliases["champion"] == 1  # while a person thinks, the old champion serves
    assert told == []


def test_a_request_that_stands_in_the_queue_is_not_started_again_and_says_so(
    desk, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.set_alias(2)
    monkeypatch.setattr("flows.reconcile.states_of_promotions", lambda workspace, version: {"SCHEDULED"})
    line = act(registry_of(desk, approval=True), Request(2), "")
    assert line == "v2 was set as champion by hand: a flow run of promote takes care of it"
    assert desk.version(2).tags["promotion"] == "WAITING for its turn: a flow run of promote takes care of it"
    answer(registry_of(desk), replace(REQUEST, version=2), never)  # where nobody has to approve it need not wait
    assert desk.aliases["champion"] == 2


def test_who_has_to_approve_is_told_where(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    facts: list[Any] = []
    monkeypatch.setattr("flows.answer.notify", lambda settings, event, line, more: facts.append((event, line, more)))
    monkeypatch.setattr("flows.answer.page_of_run", lambda: "http://127.0.0.1:4200/runs/flow-run/7")
    answer(registry_of(desk, approval=True), Asked(2, "bob", "prefect", "better"), lambda *_: YES)
    event, line, more = facts[0]
    assert (event, more["url"]) == ("approval", "http://127.0.0.1:4200/runs/flow-run/7")
    assert line.endswith("waits for approval in Prefect: http://127.0.0.1:4200/runs/flow-run/7")


def test_what_a_person_rejects_is_put_back(desk, told) -> None:
    desk.set_alias(2)
    no = {"decision": "reject", "approver": "bob", "reason": "wait"}
    judged, decided = answer(registry_of(desk, approval=True), REQUEST, lambda *_: no)
    assert decided.what == "refused"
    assert desk.aliases["champion"] == 1
    assert desk.version(2).tags["promotion"].startswith("PUT BACK: not approved by bob: wait")
    text = report(replace(REQUEST, approval=no), judged, decided)
    assert text.startswith("# Refused: v2")
    assert "- approver: bob" in text


def test_an_approval_that_comes_after_the_champion_moved_comes_too_late(desk, told) -> None:
    def meanwhile(*_: Any) -> dict[str, str]:
        desk.promote(2)
        return YES

    with pytest.raises(ChampionMovedError, match="CHAMPION_MOVED"):
        answer(registry_of(desk, approval=True), Asked(2, "bob", "prefect", "better"), meanwhile)
    assert [each.by for each in desk.ledger.chain.void] == ["bob"]


def test_people_are_told_once_of_a_ledger_that_was_changed(desk, told) -> None:
    desk.store.client.delete_model_version(ledger_name("tiny"), "1")
    registry = registry_of(desk)
    for _ in range(2):
        state = read_state(desk.store, desk.paths, "tiny")
        action = next_action(state)
        if action is not None:
            act(registry, action, state.warned)
    assert [event for event, _ in told] == ["tampered"]
    assert told[0][1].startswith("the ledger of tiny was tampered with: line 1: it was deleted")


def test_people_are_told_once_that_no_champion_is_left(desk, told, flip: Callable[[Path], None]) -> None:
    desk.promote(2)
    flip(desk.folder(1) / "MLmodel")
    desk.store.client.delete_model_version("tiny", "2")
    registry = registry_of(desk)
    for _ in range(2):
        state = read_state(desk.store, desk.paths, "tiny")
        action = next_action(state)
        assert action is not None
        assert "no earlier champion to go back to" in act(registry, action, state.warned)
    assert [event for event, _ in told] == ["failed"]
    assert "v2 of tiny was deleted" in desk.store.client.get_registered_model("tiny").tags[WARNING]


def test_what_is_changed_while_a_person_thinks_is_not_promoted(desk, told, flip: Callable[[Path], None]) -> None:
    def think(*_: Any) -> dict[str, str]:
        flip(desk.folder(2) / "artifacts" / "model" / "weights.safetensors")
        return YES

    judged, decided = answer(registry_of(desk, approval=True), Asked(2, "bob", "prefect", "better"), think)
    assert decided.what == "refused"
    assert "weights.safetensors" in judged.why_not
    assert desk.aliases["champion"] == 1
