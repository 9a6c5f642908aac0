"""`python -m tasks <stage>`: what dvc.yaml calls, and `register` and `job`, which DVC does not know."""

import json
import logging
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from tasks.config import Config, load_config
from tasks.errors import FinetraceError, GateError, SettingsError
from tasks.full_disk import telling_full_disk
from tasks.launcher import rank
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.pipeline import publish, run_stage
from tasks.stages import ALL_STAGES, JOB, PUBLISHING


def main(arguments: list[str]) -> int:
    """Run the named stage in the current folder; 0, or the exit code of what went wrong."""
    set_switches()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a locale without UTF-8 has no character for some labels
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("tasks").setLevel(logging.INFO)
    paths = Paths(Path.cwd())
    try:
        if len(arguments) != 1 or arguments[0] not in (*ALL_STAGES, JOB):
            raise SettingsError(f"usage: python -m tasks STAGE, with STAGE one of {', '.join(ALL_STAGES)}.")
        with telling_full_disk():
            numbers = _job(paths) if arguments[0] == JOB else _run(arguments[0], load_config(paths.params), paths)
    except FinetraceError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    if rank() > 0:  # the first of several processes tells
        return 0
    shown = {key: value for key, value in numbers.items() if isinstance(value, str | int | float)}
    print(f"{arguments[0]}: {json.dumps(shown, ensure_ascii=False)}")
    return 0


def _run(stage: str, config: Config, paths: Paths) -> dict[str, Any]:
    if stage != PUBLISHING:
        return run_stage(stage, config, paths)
    verdict = publish(config, paths)
    _keep_card(paths, verdict)
    if not verdict["passed"]:
        raise GateError(verdict["line"])
    return verdict


def _keep_card(paths: Paths, verdict: dict[str, Any]) -> None:
    from tasks.trace.card.kept import keep_card_of  # late: it leans on a room and on MLflow

    keep_card_of(paths, verdict)


def _job(paths: Paths) -> dict[str, Any]:
    from tasks.trials.jobs import run_job  # late: it leans on two rooms

    return run_job(paths)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
