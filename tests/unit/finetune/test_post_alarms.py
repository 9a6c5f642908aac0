"""What the monitors of several trainings saw stands in the report of the one model, told by member."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import tasks.tracking
from tasks.finetune import stage
from tasks.finetune.post.ensemble import Ensemble
from tasks.finetune.post.soup import Soup
from tasks.finetune.post.wise_ft import WiseFt
from tasks.finetune.settings import FinetuneSettings
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.paths import Paths

QUICK = FinetuneSettings(strategy=Full(), epochs=3, batch_tokens=64, precision="float32", calibrate=False)
TOO_FAST: dict[str, Any] = {"learning_rate": 0.3, "head_learning_rate": 0.5}
WELL: dict[str, Any] = {"learning_rate": 1e-3}


class Live:
    """Stands for a run in MLflow."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Nothing here looks at numbers."""

    def finish(self, _: str, tags: Mapping[str, str] | None = None) -> None:
        self.tags = dict(tags or {})


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    run = Live()

    @contextmanager
    def live_run(*_: Any, **__: Any) -> Iterator[Live]:
        yield run

    monkeypatch.setattr(tasks.tracking, "live_run", live_run)
    return run


@pytest.mark.parametrize("kind", [Soup, Ensemble], ids=lambda kind: kind.__name__)
def test_alarms_of_every_member_are_told_by_member(
    kind: Any, live: Live, learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = replace(QUICK, post=kind(members=(WELL, TOO_FAST)))
    report = stage.run(learnable, finetune=settings, base=tiny_base)
    assert report["post"]["shown_part"] == report["post"]["watched_member"] == 0  # the faulty one is not the best
    (alarm,) = [each for each in report["alarms"] if each["name"] == "rate_too_high"]
    assert alarm["member"] == 1
    assert alarm["message"].startswith("member 1 (learning_rate 0.3, head_learning_rate 0.5): the train loss is ")
    assert "rate_too_high" in live.tags["finetrace.alarms"]


def test_alarms_are_told_where_the_best_member_was_watched_by_nobody(
    live: Live, learnable: Paths, tiny_base: BaseSettings
) -> None:
    members: tuple[dict[str, Any], ...] = ({"strategy": {"kind": "feature_extraction"}}, TOO_FAST)
    report = stage.run(learnable, finetune=replace(QUICK, post=Ensemble(members=members)), base=tiny_base)
    assert (report["post"]["shown_part"], report["post"]["watched_member"]) == (0, 1)
    assert {"convergence"} == report["monitors"].keys()
    assert [each["member"] for each in report["alarms"]] == [1] * len(report["alarms"]) != []
    assert "rate_too_high" in live.tags["finetrace.alarms"]


def test_alarms_of_a_single_training_are_told_as_ever(live: Live, learnable: Paths, tiny_base: BaseSettings) -> None:
    plain = stage.run(learnable, finetune=replace(QUICK, **TOO_FAST), base=tiny_base)
    report = stage.run(learnable, finetune=replace(QUICK, **TOO_FAST, post=WiseFt(points=2)), base=tiny_base)
    assert report["alarms"] == plain["alarms"] != []
    assert "watched_member" not in report["post"]
    assert "rate_too_high" in live.tags["finetrace.alarms"]
