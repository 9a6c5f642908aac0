"""A training's own run in MLflow and one written later from its reports hold the same numbers of the monitors."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.files import write_json
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.tracking import complete_run, ensure_run, find_run, open_store
from tests.unit.finetune.test_monitors import EVERY, PROMISED, SETTINGS
from tests.unit.finetune.test_resume import train


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
