"""Who finds the workspace held: told, dropped, or kept waiting."""

from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from flows.processes import turn
from tasks.errors import BusyError
from tasks.paths import Paths


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A lock that is held for two more tries; how often it was tried."""
    tries: list[int] = []

    @contextmanager
    def lock(_paths: Paths) -> Any:
        tries.append(1)
        if len(tries) <= 2:
            raise BusyError("in use by process 7")
        yield

    monkeypatch.setattr(turn, "workspace_lock", lock)
    monkeypatch.setattr(turn, "ASK_SECONDS", 0.0)
    return tries


def test_queue_waits_and_says_once_for_whom(held: list[int], paths: Paths) -> None:
    told: list[str] = []
    with ExitStack() as stack:
        assert turn.take_turn(stack, paths, "queue", told.append) is None
    assert told == ["Waiting: in use by process 7"]
    assert len(held) == 3


def test_skip_drops_the_run_with_the_reason(held: list[int], paths: Paths) -> None:
    with ExitStack() as stack:
        assert turn.take_turn(stack, paths, "skip", print) == "in use by process 7"
    assert len(held) == 1


def test_person_is_told_at_once(held: list[int], paths: Paths) -> None:
    with ExitStack() as stack, pytest.raises(BusyError, match="process 7"):
        turn.take_turn(stack, paths, "refuse", print)
