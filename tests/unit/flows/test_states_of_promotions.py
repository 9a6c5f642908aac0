"""Which flow runs are at a request already."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.client.schemas.objects import StateType

from flows.processes import promotions
from flows.processes.promotions import states_of_promotions


def run(version: Any, state: StateType) -> Any:
    return SimpleNamespace(parameters={"workspace": "/w", "version": version}, state_type=state)


def test_only_runs_for_this_version_count(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def runs_of(client: Any, workspace: str, states: Any, names: Any) -> list[Any]:
        asked.append((workspace, {each.value for each in states}, names))
        return [run(2, StateType.PAUSED), run("2", StateType.RUNNING), run(3, StateType.PENDING)]

    monkeypatch.setattr(promotions, "runs_of", runs_of)
    monkeypatch.setattr(promotions, "get_client", lambda **_: nullcontext())
    assert states_of_promotions("/w", 2) == {"PAUSED", "RUNNING"}
    assert states_of_promotions("/w", 4) == set()
    assert asked[0] == ("/w", {"SCHEDULED", "PENDING", "RUNNING", "PAUSED"}, ["promote"])
