"""What `finetrace up` says of the schedule."""

import pytest

from flows.serving.up import _when
from tasks.operations import ScheduleSettings


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({}, "only when asked (schedule in params.yaml)"),
        ({"cron": "0 3 * * 1", "timezone": "Europe/Vienna"}, "at 0 3 * * 1 (Europe/Vienna)"),
        ({"on_data_change": True}, "on new data"),
        (
            {"cron": "0 3 * * 1", "on_data_change": True, "clean_clone": True},
            "at 0 3 * * 1 (UTC) and on new data, in a clean clone",
        ),
    ],
)
def test_it_says_when_retraining_starts_by_itself(schedule: dict[str, object], words: str) -> None:
    assert _when(ScheduleSettings(**schedule)) == words  # type: ignore[arg-type]
