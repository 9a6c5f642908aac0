"""What the plan tells of rows, rates and memory, counted again from the rows and the formulas."""

from dataclasses import replace

import pytest

from tasks.finetune import cost
from tasks.finetune.plan import make_plan
from tasks.finetune.post.ensemble import Ensemble
from tasks.finetune.post.wise_ft import WiseFt
from tasks.finetune.start import read
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tests.unit.finetune.test_loop import uneven
from tests.unit.finetune.test_plan import USUAL


@pytest.fixture(autouse=True)
def _steady_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "measured_speed", lambda *_: 1e9)


def test_the_plans_numbers_are_those_of_the_rows_and_the_formulas(learnable: Paths, tiny_base: BaseSettings) -> None:
    """46 rows, 20, 20 and 6 of a label; those whose texts have more than eight tokens are cut."""
    settings = replace(USUAL, class_weights="balanced", epochs=5, patience=5, layer_decay=0.5)
    base = replace(tiny_base, max_tokens=8)
    start = read(uneven(learnable), settings, base)
    plan = make_plan(learnable, settings, base)
    assert plan["rows"] == {"train": 46, "val": 18}
    assert plan["row_weights"] == {"smallest": round(46 / 60, 4), "largest": round(46 / 18, 4)}
    whole = read(learnable, settings, tiny_base)
    over = sum(length > 8 for length in whole.train.lengths)
    assert 0 < over < sum(length >= 8 for length in whole.train.lengths)  # a text of just eight tokens is whole
    assert plan["tokens"] == {"longest": 8, "cut_off": over}
    assert max(start.train.lengths) == 8
    rates = {row["name"]: (row["trainable"], row["peak_rate"]) for row in plan["depths"]}
    parameters = {row["name"]: row["parameters"] for row in plan["depths"]}
    assert rates["embeddings"] == rates["layer 1"] == (0, 0.0)
    assert rates["layer 2"] == (parameters["layer 2"], 1.5e-4)
    assert rates["layer 3"] == (parameters["layer 3"], 3e-4)
    assert rates["head"] == (3 * 32 + 3, 5e-3)
    assert sum(parameters.values()) == sum(each.numel() for each in start.model.parameters())
    steps = plan["loop"]["steps"]
    marks = [1, steps // 20 + 1, steps // 4 + 1, steps // 2 + 1, steps]
    schedule = settings.schedule
    assert plan["loop"]["rate_course"] == {
        f"step {mark}": round(schedule.multiplier(mark - 1, steps), 4) for mark in marks
    }
    assert plan["conflicts"] == ["finetune.patience is not below finetune.epochs, so it never stops anything"]


def test_the_plan_of_several_trainings_holds_the_weights_of_those_that_are_over(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.finetune import post_plan

    monkeypatch.setattr(post_plan, "_learned", lambda _: 10**9)
    single = make_plan(learnable, USUAL, tiny_base)["cost"]["memory_gigabytes"]
    for post, held in ((Ensemble(members=({}, {"seed": 1}, {"seed": 2})), 3), (WiseFt(), 2)):
        together = make_plan(learnable, replace(USUAL, post=post), tiny_base)["cost"]["memory_gigabytes"]
        assert together == pytest.approx(single + held * 4.0)
