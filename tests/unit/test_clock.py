"""Crons and time zones, and the key that a mistake in them is told with."""

import pytest

from tasks.clock import check_cron
from tasks.config import parse_config
from tasks.errors import SettingsError


@pytest.mark.parametrize("cron", ["0 3 * * 1", "*/15 * * * *", "0 9-17/2 1,15 jan-jun mon-fri", "59 23 31 12 7"])
def test_cron_is_taken(cron: str) -> None:
    assert check_cron(cron) == cron


@pytest.mark.parametrize(
    ("cron", "word"),
    [
        ("0 3 * *", "five fields"),
        ("60 3 * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 3 0 * *", "day of month"),
        ("0 3 * 13 *", "month"),
        ("0 3 * * 8", "day of week"),
        ("*/0 3 * * *", "minute"),
        ("5-1 3 * * *", "minute"),
        ("0 3 * * monday", "day of week"),
        ("0 3 * * 1-2-3", "day of week"),
    ],
)
def test_cron_that_would_never_fire_is_told_by_its_field(cron: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        check_cron(cron)


@pytest.mark.parametrize("schedule", [{"cron": "at three"}, {"timezone": "Europe/Viena"}])
def test_mistake_is_told_with_its_key(schedule: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=f"schedule.{next(iter(schedule))}"):
        parse_config({"base": {}, "schedule": schedule}, "params.yaml")
