"""Who is stopped early, and which preset is chosen."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.finetune.allowance import VARIABLE, Allowance, is_below, read_allowance
from tasks.finetune.progress import Progress
from tasks.search.auto import Facts, choose
from tasks.search.floors import median_floors

FACTS = Facts(
    rows=10_000,
    classes=50,
    cut_off=0,
    seconds={"full": 500.0, "lora": 400.0, "partial": 100.0, "feature_extraction": 10.0},
    memory_gigabytes={"full": 4.0, "lora": 2.0, "partial": 1.0, "feature_extraction": 1.0},
    allowed_seconds=600.0,
    free_gigabytes=16.0,
)


def _history(*scores: float) -> list[dict[str, float]]:
    return [{"epoch": float(number), "val_score": score} for number, score in enumerate(scores, 1)]


def test_floor_is_the_median_of_the_best_so_far() -> None:
    """Best so far: 1 3 3, 2 2 5, 4 4 4, 0 6 6 → medians 1.5, 3.5, 4.5."""
    curves = [[1.0, 3.0, 2.0], [2.0, 1.0, 5.0], [4.0, 0.0, 0.0], [0.0, 6.0, 0.0]]
    assert median_floors(curves) == {1: 1.5, 2: 3.5, 3: 4.5}


def test_there_is_no_floor_while_few_have_finished_and_short_curves_count_with_their_last() -> None:
    assert median_floors([[0.9]] * 3) == {}
    assert median_floors([[0.5], [0.5], [0.2, 0.4], [0.2, 0.4]]) == {1: 0.35, 2: 0.45}


def test_below_the_floor_of_the_last_epoch_is_below() -> None:
    assert is_below({1: 0.5}, _history(0.4))
    assert not is_below({1: 0.5}, _history(0.5))
    assert not is_below({1: 0.5}, _history(0.4, 0.3))  # epoch 2 has no floor
    assert not is_below({2: 0.5}, _history(0.6, 0.1))  # the best epoch counts
    assert not is_below({1: 0.5}, [])


def test_the_first_step_may_always_be_taken_and_the_step_that_passes_the_budget_is_the_last() -> None:
    spent = Allowance(cpu_seconds=0.0)
    assert not spent.is_spent(Progress())
    assert spent.is_spent(Progress(step=1))
    assert not Allowance().is_spent(Progress(step=1))


def test_allowance_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert not read_allowance().floors
    monkeypatch.setenv(VARIABLE, '{"cpu_seconds": 5, "floors": {"2": 0.5}}')
    assert (read_allowance().cpu_seconds, read_allowance().floors) == (5.0, {2: 0.5})
    monkeypatch.setenv(VARIABLE, '{"cpu_seconds": null, "floors": null}')
    assert read_allowance().cpu_seconds > 1e9


def test_schedules_follow_the_clock_where_it_is_ahead_of_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 16 s, 4 were gone before the first of 100 steps: at 10 s half of the other 12 is gone: place 50."""
    now = [0.0]
    monkeypatch.setattr("tasks.finetune.allowance.time", SimpleNamespace(process_time=lambda: now[0]))
    allowance = Allowance(cpu_seconds=16.0, started=0.0)
    now[0] = 4.0
    begun = allowance.share()
    assert allowance.place(0, 100, begun) == 0
    now[0] = 10.0
    assert allowance.place(3, 100, begun) == 50
    assert allowance.place(60, 100, begun) == 60  # the epochs end first
    now[0] = 17.0
    assert allowance.place(3, 100, begun) == 99
    assert allowance.place(0, 100, allowance.share()) == 99  # all gone before the first step
    assert Allowance().place(3, 100, Allowance().share()) == 3  # no clock: the steps alone


@pytest.mark.parametrize(
    ("change", "preset", "because"),
    [
        ({}, "full", "full: about 500 s of the 600 s"),
        ({"allowed_seconds": 499.0}, "partial", "full would take about 500 s"),
        ({"allowed_seconds": 50.0}, "feature_extraction", "partial would take about 100 s"),
        ({"allowed_seconds": 1.0}, "feature_extraction", "10 s of the 1 s"),
        ({"rows": 50 * 49}, "partial", "fewer than 50 a class"),
        ({"rows": 50 * 50}, "full", "50 a class"),
        ({"rows": 50 * 7}, "feature_extraction", "fewer than 8 a class"),
        ({"rows": 50 * 8}, "partial", "8 a class"),
        ({"free_gigabytes": 3.0}, "lora", "full would need 4.0 GB"),
        ({"free_gigabytes": 3.0, "seconds": FACTS.seconds | {"lora": 700.0}}, "full", "full: about"),
        ({"cut_off": 2_000}, "full", "20% of the texts are cut"),
    ],
)
def test_rule_of_the_choice(change: dict[str, Any], preset: str, because: str) -> None:
    found = choose(replace(FACTS, **change))
    assert found.preset == preset
    assert because in "; ".join(found.reasons)
