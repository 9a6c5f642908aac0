"""The stages in order, and how one is run."""

import os
import time
from importlib import import_module
from typing import Any

from tasks.config import Config
from tasks.errors import FinetraceError
from tasks.files import write_json
from tasks.paths import Paths

STAGES: dict[str, tuple[str, ...]] = {
    "ingest": ("ingest",),
    "validate": ("validate", "base"),
    "split": ("split",),
    "augment": ("augment", "base"),
    "finetune": ("finetune", "base"),
    "evaluate": ("evaluate", "base"),
}
"""File → file stages in order, each with the sections of params.yaml that it reads."""

PUBLISHING = "register"
"""The one step that changes the world and not a file; the flow does it."""

_MODEL = ("torch", "sklearn.linear_model", "transformers.modeling_utils", "transformers.models.auto.modeling_auto")
_TRACKING = (
    "mlflow",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
)
SHARED_IMPORTS: dict[str, tuple[str, ...]] = {
    "validate": _MODEL,
    "finetune": (*_MODEL, *_TRACKING),
    "evaluate": (*_MODEL, *_TRACKING),
    PUBLISHING: (*_MODEL, *_TRACKING),
}
"""Big libraries that several stages import: who runs several loads them once (flows.forks)."""


def run_stage(name: str, config: Config, paths: Paths) -> dict[str, Any]:
    """Run one stage with its own sections of the settings, and write down the numbers it returns.

    On a FinetraceError the reason is also left in `paths.failure(name)`, for a flow that started the stage through
    DVC and sees only DVC's own exit code.
    """
    stage = import_module(f"tasks.{name}.stage")  # late: a stage pays for its own imports only
    paths.failure(name).unlink(missing_ok=True)
    started, cpu = time.perf_counter(), time.process_time()
    try:
        numbers: dict[str, Any] = stage.run(paths, **{key: getattr(config, key) for key in STAGES[name]})
    except FinetraceError as error:
        write_json(paths.failure(name), {"exit_code": error.exit_code, "message": str(error)})
        raise
    if os.environ.get("RANK", "0") != "0":  # one of several processes of `accelerate launch`; the first one writes
        return numbers
    write_json(paths.report(name), numbers)
    seconds = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}
    write_json(paths.timing(name), seconds)
    return numbers
