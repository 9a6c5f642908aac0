"""run, plan, register: what the command line does and prints."""

import json
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console

from flows.news import listening
from flows.processes.interrupt import sigterm_as_interrupt
from flows.verbs.terminal import Watcher, make_console, print_alarms, print_verdict
from tasks.config import load_config
from tasks.errors import GateError, SettingsError
from tasks.files import read_json
from tasks.paths import Paths
from tasks.pipeline import publish
from tasks.stages import ALL_STAGES, STAGES, up_to


def run_all(paths: Paths, *, until: str, force: bool, as_json: bool) -> None:
    """Bring the workspace up to date and print what came of it. Raises GateError if the gate said no."""
    check_until(until)
    console = make_console(stderr=as_json)
    verdict = _run_watched(paths, console, until=until, force=force)
    if not as_json and _includes("finetune", until):
        print_alarms(console, read_json(paths.report("finetune")))
    if as_json:
        print_json({"until": until, "verdict": verdict or None, "stages": stage_numbers(paths)})
    elif verdict:
        print_verdict(console, paths, verdict, read_json(paths.report("evaluate")))
    raise_if_refused(verdict)


def _run_watched(paths: Paths, console: Console, *, until: str, force: bool) -> dict[str, Any]:
    """Bring the workspace up to date, a line for each stage; what the gate says, {} if it is not asked."""
    from flows.run import run

    watcher = Watcher(console)
    try:
        with sigterm_as_interrupt(), listening(watcher.hear):  # Prefect learns of it, as it does of Ctrl-C
            return run(paths, until=until, force=force)
    finally:
        watcher.close()


def check_until(until: str) -> None:
    """Raise SettingsError unless it is a stage, or publishing."""
    if until not in ALL_STAGES:
        raise SettingsError(f"--until {until}: no such stage; known: {', '.join(ALL_STAGES)}.")


def _includes(stage: str, until: str) -> bool:
    return stage in up_to(until)


def register_model(paths: Paths, *, as_json: bool) -> None:
    """Ask the gate about the model in the workspace and print the verdict. Raises GateError if it said no."""
    from flows.processes.lock import workspace_lock
    from tasks.offline import set_switches
    from tasks.trace.card.kept import keep_card_of

    set_switches()
    config = load_config(paths.params)
    with workspace_lock(paths):
        verdict = publish(config, paths)
        keep_card_of(paths, verdict)
    if as_json:
        print_json({"verdict": verdict})
    else:
        print_verdict(make_console(stderr=False), paths, verdict, read_json(paths.report("evaluate")))
    raise_if_refused(verdict)


def plan_training(paths: Paths, make_rows: Callable[[], object]) -> dict[str, Any]:
    """What would train, at which rate and cost. make_rows: called before a first run, when there are no rows yet."""
    from tasks.offline import set_switches

    set_switches()
    config = load_config(paths.params)
    if not paths.augmented.exists():
        make_rows()
    from tasks.finetune.plan import make_plan

    planned: dict[str, Any] = make_plan(paths, config.finetune, config.base, config.problem)
    return planned


def show_plan(paths: Paths, *, as_json: bool) -> None:
    """Print what would train, without training."""

    def make_rows() -> None:
        console = make_console(stderr=True)
        console.print("No rows to plan for yet. Making them, as `finetrace run --until augment` does; nothing trains.")
        _run_watched(paths, console, until="augment", force=False)

    planned = plan_training(paths, make_rows)
    if as_json:
        print_json(planned)
    else:
        from flows.verbs.plan_table import print_plan

        print_plan(make_console(stderr=False), planned)


def raise_if_refused(verdict: dict[str, Any]) -> None:
    """A refusal is told by the exit code too."""
    if verdict and not verdict["passed"]:
        failed = ", ".join(rule["name"] for rule in verdict.get("rules", []) if rule["passed"] is False)
        raise GateError(f"the model does not hold {failed or 'the rules'}. data/reports/report.html says more.")


def stage_numbers(paths: Paths) -> dict[str, Any]:
    """Every stage's report."""
    return {name: read_json(paths.report(name)) for name in STAGES if paths.report(name).exists()}


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
