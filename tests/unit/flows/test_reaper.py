"""Which runs are dead, which were missed, and whether schedules fire: decided without a server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.reaper import NAMELESS_SECONDS, Going, is_dead
from flows.serving.first_fire import judge
from flows.serving.missed import Due, missed

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
OURS = {"finetrace.process": "10@500", "finetrace.machine": "here"}


@pytest.mark.parametrize(
    ("labels", "seconds", "alive", "dead"),
    [
        (OURS, 5.0, ["10@500"], False),
        (OURS, 5.0, [], True),
        (OURS, 5.0, ["10@777"], True),  # the pid is another's by now
        ({**OURS, "finetrace.machine": "there"}, 9e9, [], False),
        ({}, NAMELESS_SECONDS - 1, [], False),
        ({}, NAMELESS_SECONDS + 1, [], True),
    ],
    ids=["lives", "gone", "pid used again", "another machine", "just starting", "never said who"],
)
def test_run_is_dead_only_if_its_process_is_known_to_be_gone(
    labels: dict[str, str], seconds: float, alive: list[str], dead: bool
) -> None:
    assert is_dead(Going("run", labels, seconds), "here", alive.__contains__) is dead


def _due(name: str, hours: float, deployment: str = "retrain", is_scheduled: bool = True) -> Due:
    return Due(name, deployment, NOW + timedelta(hours=hours), is_scheduled)


def test_after_a_downtime_one_run_of_each_deployment_catches_up() -> None:
    waiting = [_due("a", -72), _due("b", -48), _due("c", -24), _due("next", 1), _due("r", -1, "reap")]
    assert missed(waiting, NOW) == ["a", "b"]


def test_what_a_person_asked_for_is_never_dropped() -> None:
    waiting = [_due("asked", -72, is_scheduled=False), _due("asked too", -48, is_scheduled=False), _due("c", -24)]
    assert missed(waiting, NOW) == []


def _run(
    state: str, *, start: str | None = None, expected: str = "2026-11-29T12:00:15+00:00", clock: bool = True
) -> Any:
    return {"state_type": state, "start_time": start, "expected_start_time": expected, "auto_scheduled": clock}


@pytest.mark.parametrize(
    ("run", "answer"),
    [
        (_run("COMPLETED", start="2026-11-29T12:00:16.5Z"), "fired"),
        (_run("FAILED", start="2026-11-29T12:00:16.5Z"), "fired"),
        (_run("COMPLETED", start="2026-11-29T11:59:59Z", expected="2026-11-29T11:59:58Z"), "silent"),
        (_run("COMPLETED", start="2026-11-29T12:00:16.5Z", clock=False), "silent"),
        (_run("SCHEDULED"), "planned"),
    ],
    ids=["by the clock", "and failed", "before we came", "by hand", "to come"],
)
def test_schedules_fire_if_the_clock_began_a_run_since_we_came(run: Any, answer: str) -> None:
    assert judge([run], NOW.isoformat()) == answer
