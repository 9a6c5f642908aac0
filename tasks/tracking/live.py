"""A training's run in MLflow while it trains."""

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tasks.errors import SetupError
from tasks.paths import Paths
from tasks.tracking.code_identity import read_code_identity
from tasks.tracking.flatten import clean_name, flat_params
from tasks.tracking.machine import read_machine
from tasks.tracking.nested import TRIAL, TRIAL_DIGEST, run_tags
from tasks.tracking.process import close_dead_runs, process_tags
from tasks.tracking.reach import reporting, writing_trouble
from tasks.tracking.runs import adopt_digest
from tasks.tracking.sigterm import sigterm_as_exit
from tasks.tracking.store import Store, open_store

_FLUSH_POINTS = 500
_FLUSH_SECONDS = 10.0
_LARGEST_BATCH = 1_000  # MLflow refuses more metrics in one call


class LiveRun:
    """A run that takes numbers by step. Once the store fails it warns and stays silent: training goes on."""

    def __init__(self, store: Store | None, run_id: str | None) -> None:
        self.run_id = run_id
        self._store = store
        self._points: list[tuple[str, float, int, int]] = []
        self._flushed = time.monotonic()
        self._not_finite: dict[str, int] = {}

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Note numbers of a step. They are sent in batches; NaN and infinity are kept out and named in a tag."""
        now = time.time_ns() // 1_000_000
        for name, value in numbers.items():
            if math.isfinite(value):
                self._points.append((clean_name(name), float(value), now, step))
            else:
                self._not_finite.setdefault(name, step)
        if len(self._points) >= _FLUSH_POINTS or time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Send what is noted."""
        points, self._points = self._points, []
        self._flushed = time.monotonic()
        if points and self._store is not None:
            with self.guarded() as client:
                _send(client, self.run_id, points)

    def finish(self, model_digest: str, tags: Mapping[str, str] | None = None) -> None:
        """Say which model came of it: by this digest the run is found again."""
        self.flush()
        with self.guarded() as client:
            if TRIAL in run_tags():
                client.set_tag(self.run_id, TRIAL_DIGEST, model_digest)
            elif self._store is not None and self.run_id is not None:
                adopt_digest(self._store, self.run_id, model_digest)
            for name, value in (tags or {}).items():
                client.set_tag(self.run_id, name, value[:5_000])

    def end(self, status: str) -> None:
        """Close the run: FINISHED, FAILED or KILLED."""
        self.flush()
        with self.guarded() as client:
            if self._not_finite:
                named = ", ".join(f"{name} at step {step}" for name, step in self._not_finite.items())
                client.set_tag(self.run_id, "finetrace.not_finite", named[:5_000])
            client.set_terminated(self.run_id, status)

    @contextmanager
    def guarded(self) -> Iterator[Any]:
        """The client; if the store fails within the block, one warning, and no more is sent."""
        try:
            yield self._store.client if self._store is not None else _Silent()
        except writing_trouble() as error:
            self._store = None
            _warn(error)


@contextmanager
def live_run(paths: Paths, *, name: str, params: Mapping[str, Any], tags: Mapping[str, str]) -> Iterator[LiveRun]:
    """A run of MLflow for the block: FINISHED at its end, FAILED on an error, KILLED on SIGTERM or Ctrl-C.

    `params` are nested as in params.yaml. A store that cannot be used costs one warning on stderr, never the training.
    """
    run = _start(paths, name, params, tags)
    try:
        with sigterm_as_exit():
            yield run
    except BaseException as error:
        run.end("KILLED" if isinstance(error, KeyboardInterrupt | SystemExit) else "FAILED")
        raise
    run.end("FINISHED")


def flow_tags() -> dict[str, str]:
    """Tags that lead to the Prefect flow run which started this process, if one did."""
    named = {"prefect.flow_run_id": "FINETRACE_FLOW_RUN_ID", "prefect.flow_run_url": "FINETRACE_FLOW_RUN_URL"}
    return {tag: os.environ[variable] for tag, variable in named.items() if os.environ.get(variable)}


def _start(paths: Paths, name: str, params: Mapping[str, Any], tags: Mapping[str, str]) -> LiveRun:
    code = read_code_identity(paths.root)
    all_tags = {
        "mlflow.source.git.commit": code.commit,
        "mlflow.source.git.branch": code.branch,
        "finetrace.git_dirty": str(code.is_dirty).lower(),
        **process_tags(paths),
        **flow_tags(),
        **run_tags(),
        **tags,
    }
    try:
        store = open_store(paths)
        with reporting(store.tracking_uri):
            close_dead_runs(store, paths)
            run_id = store.client.create_run(store.experiment_id, run_name=name, tags=_present(all_tags)).info.run_id
    except SetupError as error:
        _warn(error)
        return LiveRun(None, None)
    run = LiveRun(store, run_id)
    with run.guarded() as client:
        _log_params(client, run_id, params)
        client.log_dict(run_id, read_machine(), "machine.json")
        if code.is_dirty:
            client.log_text(run_id, code.diff, "dirty.diff")
    return run


def _log_params(client: Any, run_id: str, params: Mapping[str, Any]) -> None:
    from mlflow.entities import Param

    flat = [Param(name, value) for name, value in flat_params(params).items()]
    for start in range(0, len(flat), 100):  # MLflow refuses more parameters in one call
        client.log_batch(run_id, params=flat[start : start + 100])


def _send(client: Any, run_id: str | None, points: list[tuple[str, float, int, int]]) -> None:
    from mlflow.entities import Metric

    for start in range(0, len(points), _LARGEST_BATCH):
        client.log_batch(run_id, metrics=[Metric(*point) for point in points[start : start + _LARGEST_BATCH]])


def _present(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if value}


def _warn(error: Exception) -> None:
    first = next(iter(str(error).splitlines()), type(error).__name__)
    sys.stderr.write(f"warning: this run is not recorded in MLflow while it trains ({first}). Training goes on.\n")


class _Silent:
    """A client that does nothing: what a run without a store talks to."""

    def set_tag(self, *arguments: Any) -> None:
        """Nothing."""

    def set_terminated(self, *arguments: Any) -> None:
        """Nothing."""
