"""How a stage is run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from tasks.config import Config
from tasks.errors import FinetraceError
from tasks.files import refuse_links_out, write_json
from tasks.full_disk import telling_full_disk
from tasks.launcher import rank
from tasks.paths import Paths
from tasks.settings import as_dict
from tasks.stages import PUBLISHING, STAGES


def run_stage(name: str, config: Config, paths: Paths) -> dict[str, Any]:
    """Run one stage with its own sections of the settings, and write down the numbers it returns."""
    stage = import_module(f"tasks.{name}.stage")  # late: a stage pays for its own imports only
    started, cpu = time.perf_counter(), time.process_time()
    with failure_noted(paths, name):
        refuse_links_out(paths.data, paths.root)
        numbers: dict[str, Any] = stage.run(paths, **{key: getattr(config, key) for key in STAGES[name].sections})
    if rank() > 0:  # the first of several processes writes
        return numbers
    write_json(paths.report(name), numbers)
    seconds = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}
    write_json(paths.timing(name), seconds)
    return numbers


def publish(config: Config, paths: Paths) -> dict[str, Any]:
    """What the gate says of the model in the workspace; a model that passes is a version afterwards."""
    from tasks.register.stage import run

    with failure_noted(paths, PUBLISHING):
        return run(paths, register=config.register, base=config.base, settings=as_dict(config))


@contextmanager
def failure_noted(paths: Paths, name: str) -> Iterator[None]:
    """Leave the reason of a failure in `paths.failure(name)`, for a flow that sees only an exit code."""
    paths.failure(name).unlink(missing_ok=True)
    try:
        with telling_full_disk():
            yield
    except FinetraceError as error:
        with suppress(OSError):  # of a full disk nothing can be written down; the flow reads what we print
            write_json(paths.failure(name), {"exit_code": error.exit_code, "message": str(error)})
        raise
