"""A model's run, found by the model's digest; written from the reports if there is none."""

import time
from collections.abc import Mapping
from typing import Any

from tasks.files import read_json
from tasks.paths import Paths
from tasks.tracking.flatten import clean_name, flat_numbers
from tasks.tracking.reach import reporting
from tasks.tracking.store import Store, open_store, store_lock

MODEL_DIGEST = "finetrace.model_digest"
_REPEATS = "finetrace.repeats_run"


def find_run(paths: Paths, model_digest: str) -> str | None:
    """The id of the run that trained this model, None if the store has none."""
    store = open_store(paths)
    with reporting(store.tracking_uri):
        return _find(store, model_digest)


def ensure_run(paths: Paths, *, model_digest: str, name: str, tags: Mapping[str, str] | None = None) -> str:
    """The id of the run that trained this model; on a store that has none (a cached stage, a new server), one is
    written from the reports. Never two for one model."""
    store = open_store(paths)
    with store_lock(paths, "runs"), reporting(store.tracking_uri):
        return _find(store, model_digest) or _write_from_reports(store, paths, model_digest, name, tags or {})


def adopt_digest(store: Store, run_id: str, model_digest: str) -> None:
    """Tag the run with its model; if the same model was trained before, make it that run's child instead."""
    first = _find(store, model_digest)
    if first is None:
        store.client.set_tag(run_id, MODEL_DIGEST, model_digest)
    elif first != run_id:
        store.client.set_tag(run_id, "mlflow.parentRunId", first)
        store.client.set_tag(run_id, _REPEATS, first)


def _find(store: Store, model_digest: str) -> str | None:
    found = store.client.search_runs(
        [store.experiment_id],
        f"tags.`{MODEL_DIGEST}` = '{model_digest}'",
        order_by=["attributes.start_time ASC"],
        max_results=1,
    )
    return str(found[0].info.run_id) if found else None


def _write_from_reports(store: Store, paths: Paths, model_digest: str, name: str, tags: Mapping[str, str]) -> str:
    client = store.client
    written = {MODEL_DIGEST: model_digest, "finetrace.written_from": "reports", **tags}
    run_id = str(client.create_run(store.experiment_id, run_name=name, tags=written).info.run_id)
    _log_history(client, run_id, read_history(paths))
    _log_history(client, run_id, read_monitors(paths))
    client.set_terminated(run_id, "FINISHED")
    return run_id


def read_history(paths: Paths) -> list[dict[str, Any]]:
    """What the finetune report tells of each epoch."""
    report = paths.report("finetune")
    history = read_json(report).get("history", []) if report.exists() else []
    return [epoch for epoch in history if isinstance(epoch, dict)]


def read_monitors(paths: Paths) -> list[dict[str, Any]]:
    """What the monitors saw in each epoch, named as they log it while a model trains."""
    report = paths.report("finetune")
    monitors = read_json(report).get("monitors", {}) if report.exists() else {}
    return [
        {name if name == "step" else f"{kind}/{name}": value for name, value in epoch.items() if name != "epoch"}
        for kind, found in monitors.items()
        for epoch in found.get("epochs", [])
        if epoch.get("epoch")  # before the first, nothing was logged
    ]


def _log_history(client: Any, run_id: str, history: list[dict[str, Any]]) -> None:
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000
    points = [
        Metric(clean_name(name), value, now, int(epoch.get("step", epoch.get("epoch", position))))
        for position, epoch in enumerate(history)
        for name, value in flat_numbers(epoch).items()
        if name not in ("step", "epoch")
    ]
    for start in range(0, len(points), 1_000):
        client.log_batch(run_id, metrics=points[start : start + 1_000])
