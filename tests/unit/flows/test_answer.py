"""A request from a flow: judged, put aside while a person thinks, entered, told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.answer import answer
from flows.promote import question, report
from flows.reconcile import act
from flows.registry import Registry
from tasks.errors import ChampionMovedError
from tasks.lineage.ledger import ledger_name
from tasks.promotion.disagreements import next_action
from tasks.promotion.mend import WARNING, read_state
from tasks.promotion.promote import Asked
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
