"""Runs below a run: the trials of a comparison or a search"""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from tasks.paths import Paths
from tasks.tracking.flatten import clean_name, flat_params
from tasks.tracking.reach import writing_trouble
from tasks.tracking.store import Store, open_store

TAGS = "FINETRACE_RUN_TAGS"
"""Environment variable by which whoever starts a trial says what its run is tagged with, as JSON."""
TRIAL, PARENT = "finetrace.trial", "mlflow.parentRunId"
TRIAL_DIGEST = "finetrace.trial_model_digest"
"""Not the tag by which a model's run is found: a trial's model is never registered."""


def run_tags() -> dict[str, str]:
    """The tags that this process's run is given from outside."""
    found: dict[str, str] = json.loads(os.environ.get(TAGS) or "{}")
    return found


def trial_tags(parent: str | None, trial: str, **more: str) -> dict[str, str]:
    """Tags of a trial's run below its parent, if that has one."""
    told = {TRIAL: trial, **{f"finetrace.{name}": value for name, value in more.items()}}
    return told | ({PARENT: parent} if parent else {})


def record_trial(
    paths: Paths, tags: Mapping[str, str], *, name: str, params: Mapping[str, Any], numbers: Mapping[str, float]
) -> None:
    """Give a trial's run its name and final numbers; one that was trained earlier, for another parent, gets a run here.

    A store that cannot be used costs a warning: the numbers stand in files too.
    """
    if PARENT not in tags:
        return
    try:
        store = open_store(paths)
        run_id = _find(store, tags) or _write(store, tags, name, params)
        store.client.update_run(run_id, name=name)
        _log(store.client, run_id, numbers)
    except writing_trouble() as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        sys.stderr.write(f"warning: {name} is not recorded in MLflow ({first}).\n")


def _find(store: Store, tags: Mapping[str, str]) -> str | None:
    where = f"tags.`{TRIAL}` = '{tags[TRIAL]}' and tags.`{PARENT}` = '{tags[PARENT]}'"
    newest = ["attributes.start_time DESC"]
    found = store.client.search_runs([store.experiment_id], where, order_by=newest, max_results=1)
    return str(found[0].info.run_id) if found else None


def _write(store: Store, tags: Mapping[str, str], name: str, params: Mapping[str, Any]) -> str:
    from mlflow.entities import Param

    run = store.client.create_run(store.experiment_id, run_name=name, tags=dict(tags))
    flat = [Param(key, value) for key, value in flat_params(params).items()]
    for start in range(0, len(flat), 100):
        store.client.log_batch(run.info.run_id, params=flat[start : start + 100])
    store.client.set_terminated(run.info.run_id, "FINISHED")
    return str(run.info.run_id)


def _log(client: Any, run_id: str, numbers: Mapping[str, float]) -> None:
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000
    client.log_batch(run_id, metrics=[Metric(clean_name(key), float(value), now, 0) for key, value in numbers.items()])
