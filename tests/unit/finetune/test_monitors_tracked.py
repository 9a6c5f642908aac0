"""What monitors saw is the same after a kill, and in MLflow whether written live or later from the reports."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

import tasks.tracking
from tasks.files import write_json
from tasks.finetune import checkpoint
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.tracking import complete_run, ensure_run, find_run, open_store
from tests.unit.finetune.test_monitors import EVERY, PROMISED, SETTINGS
from tests.unit.finetune.test_resume import Killed, train


def monitored(client: Any, run_id: str) -> dict[str, list[tuple[int, float]]]:
    names = [name for name in client.get_run(run_id).data.metrics if name.split("/")[0] in PROMISED]
    return {name: [(each.step, each.value) for each in client.get_metric_history(run_id, name)] for name in names}


def test_a_cached_training_has_the_numbers_and_alarms_of_a_live_one(
    learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{learnable.root}/live.db")
    settings = replace(SETTINGS, monitors=EVERY, epochs=2)
    report = train(learnable, tiny_base, settings)
    write_json(learnable.report("finetune"), report)
    live = find_run(learnable, report["model_digest"])
    assert live is not None
    client = open_store(learnable).client
    seen, tag = monitored(client, live), client.get_run(live).data.tags["finetrace.alarms"]
    assert {name.split("/", 1)[1] for name in seen} >= {name for names in PROMISED.values() for name in names}

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{learnable.root}/later.db")
    later = ensure_run(learnable, model_digest=report["model_digest"], name="later")
    complete_run(learnable, later, settings={}, headline={}, tags={}, description="", verdict={})
    client = open_store(learnable).client
    assert monitored(client, later) == seen
    assert client.get_run(later).data.tags["finetrace.alarms"] == tag
    assert not [name for name in client.get_run(later).data.metrics if name.startswith("finetune.monitors")]


@pytest.mark.parametrize("thaw", [None, ByEpoch()], ids=["at once", "by epoch"])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_a_training_killed_anywhere_is_watched_as_if_never_stopped(
    count: int, thaw: Any, learnable: Paths, tiny_base: BaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.tracking, "live_run", lambda *_, **__: nullcontext(None))
    settings = replace(SETTINGS, **({"thaw": thaw} if thaw else {}))
    original, left = checkpoint.Checkpoints.save, [count]

    def save(self: Any, *args: Any) -> None:
        original(self, *args)
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    whole = train(learnable, tiny_base, settings)
    monkeypatch.setattr(checkpoint.Checkpoints, "save", save)
    with pytest.raises(Killed):
        train(learnable, tiny_base, settings)
    monkeypatch.setattr(checkpoint.Checkpoints, "save", original)
    resumed = train(learnable, tiny_base, settings)
    assert resumed["monitors"].keys() == PROMISED.keys()
    for key in ("model_digest", "history", "monitors", "alarms"):
        assert resumed[key] == whole[key], key
