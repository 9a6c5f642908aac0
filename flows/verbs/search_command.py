"""`finetrace search`: what the command line does and prints."""

import math
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.markup import escape

from flows.news import listening
from flows.processes.interrupt import sigterm_as_interrupt
from flows.processes.lock import workspace_lock
from flows.processes.pool import default_jobs
from flows.processes.runners import RUNNERS, check_runner
from flows.processes.stages import check_sections
from flows.processes.workshop import open_workshop
from flows.run import flow_session
from flows.verbs.commands import print_json
from flows.verbs.params_lines import apply_lines
from flows.verbs.terminal import Watcher, make_console
from tasks.config import Config, load_config, read_yaml
from tasks.errors import DataError, SettingsError
from tasks.finetune.presets import PRESETS, apply_preset
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.search.auto import RANKED, Choice, Facts, choose
from tasks.search.plan import plan_search
from tasks.trials.patch import as_yaml

TRIALS, SECONDS = 20, 600.0


def search_all(
    paths: Paths,
    space: Path | None,
    *,
    trials: int | None,
    seconds: float | None,
    resume: bool,
    auto: bool,
    jobs: int | None,
    runner: str,
    apply: bool,
    as_json: bool,
) -> None:
    """Search, print what was found, and with `apply` write it into params.yaml. `auto` alone only chooses a preset."""
    config = load_config(paths.params)
    console = make_console(stderr=as_json)
    below: dict[str, Any] = {}
    if seconds is not None and not 0 < seconds < math.inf:
        raise SettingsError("--seconds must be a number above 0.")
    if resume and (space or auto):
        raise SettingsError("--resume goes on with the newest search as it was: leave the space and --auto out.")
    if auto:
        choice = choose_preset(paths, config, SECONDS if seconds is None else seconds)
        below = {"finetune": dict(PRESETS[choice.preset].settings)}
        if trials is None:
            _show_choice(paths, console, choice, below, apply=apply, as_json=as_json)
            return
        _print_choice(console, choice)
    plan_search(paths, config, {}, space=_absolute(space), below=below, resume=resume)  # mistakes, before any start
    at_once = default_jobs(config.base.threads) if jobs is None else jobs
    check_runner(runner, at_once)
    budget = TRIALS if trials is None and seconds is None else trials
    asked = {"space": _absolute(space), "trials": budget, "seconds": seconds, "resume": resume, "below": below}
    watcher = Watcher(console)
    try:
        with sigterm_as_interrupt(), listening(watcher.hear):
            found = _search(paths, at_once, runner, asked)
    finally:
        watcher.close()
    if as_json:
        print_json(found)
    else:
        _print_found(console, found)
    if apply:
        _apply(paths, console, read_yaml(paths.root / found["patch"]))


def _search(paths: Paths, jobs: int, runner: str, asked: dict[str, Any]) -> dict[str, Any]:
    with workspace_lock(paths), open_workshop(paths):
        check_sections(paths)
        with flow_session(paths):
            from flows.search import search  # late: imports Prefect, which reads its settings then

            flow: Any = search.with_options(task_runner=RUNNERS[runner](jobs))
            space = asked["space"]
            given = asked | {"space": None if space is None else str(space)}
            found: dict[str, Any] = flow(workspace=str(paths.root), jobs=jobs, **given)
            return found


def choose_preset(paths: Paths, config: Config, allowed_seconds: float) -> Choice:
    """The preset for the rows there are and the time allowed; trains nothing."""
    if not paths.augmented.exists():
        raise DataError("There are no rows to choose by yet. Make them first: finetrace run --until augment")
    set_switches()
    from tasks.finetune.plan import make_plan

    plans = {
        name: make_plan(paths, apply_preset(config.finetune, name), config.base, config.problem)
        for name in (*RANKED, "lora")
    }
    plan = plans[RANKED[0]]
    facts = Facts(
        rows=plan["rows"]["train"],
        classes=plan["labels"],
        cut_off=plan["tokens"]["cut_off"],
        seconds={name: each["cost"]["seconds"] for name, each in plans.items()},
        memory_gigabytes={name: each["cost"]["memory_gigabytes"] for name, each in plans.items()},
        allowed_seconds=allowed_seconds,
        free_gigabytes=psutil.virtual_memory().available / 1e9,
    )
    return choose(facts)


def _show_choice(
    paths: Paths, console: Console, choice: Choice, patch: dict[str, Any], *, apply: bool, as_json: bool
) -> None:
    if as_json:
        print_json({"preset": choice.preset, "reasons": choice.reasons, "lines": as_yaml(patch)})
    else:
        _print_choice(console, choice)
        console.print("Lines for params.yaml (or --apply):")
        console.print(escape(as_yaml(patch).rstrip()))
    if apply:
        _apply(paths, console, patch)


def _print_choice(console: Console, choice: Choice) -> None:
    console.print(f"[bold]{choice.preset}[/]")
    for reason in choice.reasons:
        console.print(f"  {escape(reason)}")


def _print_found(console: Console, found: dict[str, Any]) -> None:
    best, states = found["best"], [each["state"] for each in found["trials"]]
    counted = ", ".join(f"{states.count(state)} {state}" for state in ("complete", "pruned", "failed"))
    console.print(f"{len(states)} trials: {counted}")
    console.print(
        f"[bold]Trial {best['trial']}: {found['title']} {best['val_score']:.3f} on val[/]  {escape(best['words'])}"
    )
    for key, share in sorted(found["importances"].items(), key=lambda each: -each[1]):
        console.print(f"  {escape(key):<34} {share:4.0%} of the scores' variance")
    console.print(f"Report   {escape(found['page'])}")
    console.print(f"To take it, lines for params.yaml ({escape(found['patch'])}; or --apply):")
    console.print(escape(found["lines"].rstrip()))


def _apply(paths: Paths, console: Console, patch: dict[str, Any]) -> None:
    with workspace_lock(paths):
        apply_lines(paths, patch)
    console.print("params.yaml now holds them. Next: finetrace run")


def _absolute(space: Path | None) -> Path | None:
    return None if space is None else space.resolve()
