"""compare(): several ways to fine-tune on the same rows, each training in a process of its own; one verdict."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.futures import as_completed

from flows.news import Said, tell
from flows.processes.flow_process import note_process
from flows.processes.lock import workspace_lock
from flows.processes.pool import POOL
from flows.processes.stages import check_sections
from flows.processes.trainings import Trainer, in_one_line, said
from flows.processes.workshop import open_workshop
from flows.reaper import close_dead_runs
from flows.redact import errors_redacted
from flows.retrain import make_all
from flows.run_page import run_page
from tasks.comparison.outcome import Finished, decide
from tasks.comparison.paired import RESAMPLES
from tasks.comparison.plan import Plan, plan_comparison, taken_lines
from tasks.comparison.results import looks_at_test, read_test, write_results
from tasks.config import Config, load_config
from tasks.errors import GateError
from tasks.files import read_json
from tasks.paths import Paths
from tasks.scoring.bootstrap import Draws
from tasks.stages import ROWS_STAGE
from tasks.tracking import live_run
from tasks.trials.trial import rows_digests


def _flow_run_name() -> str:
    return f"compare-{datetime.now().astimezone():%Y-%m-%dT%H-%M-%S}"


@flow(
    name="compare",
    flow_run_name=_flow_run_name,
    on_running=[note_process],
    persist_result=False,
    result_serializer="json",
    log_prints=False,
)
@errors_redacted
def compare(
    candidates: list[str],
    workspace: str = ".",
    seeds: int = 1,
    epochs: int | None = None,
    seconds: float | None = None,
    metric: str | None = None,
) -> dict[str, Any]:
    """Train every candidate with every seed on the same rows, and say which is shown to be better.

    The test side is looked at once, by the winner. Trainings that are finished are not made again.

    Args:
        candidates: Presets, `current`, .yaml files of lines, or name:key=value,…
        workspace: Folder that holds params.yaml and dvc.yaml.
        seeds: How many seeds each candidate is trained with; seed k is the same order of rows for all.
        epochs: The budget of each training: so many epochs. By default those of params.yaml.
        seconds: The budget of each training: so many CPU-seconds.
        metric: What is compared on the val rows, one of the target's metrics; none: the one that epochs are picked by.
    """
    paths = Paths(Path(workspace).resolve())
    with workspace_lock(paths), open_workshop(paths):
        close_dead_runs(workspace, run_page().run_id)
        check_sections(paths)
        make_all(paths, ROWS_STAGE, False)
        plan = plan_comparison(
            paths,
            candidates,
            rows_digests(paths),
            seeds=seeds,
            epochs=epochs,
            seconds=seconds,
            metric=metric,
        )
        params = {"comparison": {"candidates": candidates, "seeds": list(plan.seeds), "budget": plan.budget.words}}
        tags = {"finetrace.comparison": plan.name}
        with live_run(paths, name=f"compare-{plan.name}", params=params, tags=tags) as run, POOL.closing():
            result = _compare(paths, plan, load_config(paths.params), Trainer(paths, run.run_id))
            run.log(0, _numbers(result))
    return result


def _compare(paths: Paths, plan: Plan, config: Config, trainer: Trainer) -> dict[str, Any]:
    failed = _train_all(paths, plan, trainer)
    finished = _finished(paths, plan, failed)
    if not finished:
        raise GateError("no candidate was trained to the end: " + "; ".join(_in_words(failed)))
    draws = Draws(RESAMPLES, config.evaluate.confidence, config.evaluate.seed)
    result = decide(finished, plan.budget, plan.metric, config.problem.target, draws)
    result["failed"] = [{"name": name, "seed": seed, "reason": reason} for (name, seed), reason in failed.items()]
    result |= {"id": plan.name, "seeds": list(plan.seeds), "budget": plan.budget.words}
    result |= {
        "allowed": plan.budget.seconds,
        "confidence": draws.confidence,
        "resamples": draws.resamples,
    }
    _add_latency(paths, plan, trainer, result)
    result["test"] = _test_of_winner(paths, plan, trainer, result["winner"], list(result["metrics"]))
    write_results(paths, plan.folder(paths), result, taken_lines(plan, result["winner"], config))
    return result


def _train_all(paths: Paths, plan: Plan, trainer: Trainer) -> dict[tuple[str, int], str]:
    """Train what is not finished; why each failed that did, in one line."""
    missing = {key: trial for key, trial in plan.trials.items() if trial.result(paths, with_model=True) is None}
    for (name, seed), trial in plan.trials.items():
        if (name, seed) not in missing:
            done = trial.result(paths, with_model=True) or {}
            said("=", f"{name} seed {seed}", done)
            trainer.record(trial, f"{name} seed {seed}", done)
    if not missing:
        return {}
    for base in {repr(trial.base): trial for trial in missing.values()}.values():
        trainer.submit(base, "what all begin with", "warm").result(raise_on_failure=False)  # a failure shows below
    running = {trainer.submit(trial, f"{name} seed {seed}"): (name, seed) for (name, seed), trial in missing.items()}
    failed: dict[tuple[str, int], str] = {}
    for future in as_completed(list(running)):
        name, seed = running[future]
        error = future.result(raise_on_failure=False)
        result = None if isinstance(error, BaseException) else plan.trials[name, seed].result(paths, with_model=True)
        if result is None:
            failed[name, seed] = in_one_line(error)
            tell(Said(f"✗ {name} seed {seed}: {failed[name, seed]}"))
        else:
            said("✓", f"{name} seed {seed}", result)
            trainer.record(plan.trials[name, seed], f"{name} seed {seed}", result)
    return {key: failed[key] for key in plan.trials if key in failed}


def _finished(paths: Paths, plan: Plan, failed: Mapping[tuple[str, int], str]) -> list[Finished]:
    """The candidates without a failure; one that lacks a seed cannot be paired."""
    found = []
    for each in plan.candidates:
        trials = [plan.trials[each.name, seed] for seed in plan.seeds]
        if not any(name == each.name for name, _ in failed):
            results = [read_json(trial.paths(paths).result) for trial in trials]
            answers = [read_json(trial.paths(paths).answers) for trial in trials]
            found.append(Finished(each.name, each.lines, results, answers))
    return found


def _add_latency(paths: Paths, plan: Plan, trainer: Trainer, result: dict[str, Any]) -> None:
    """How long each model takes for a text, beside the fastest."""
    models = {each["name"]: str(plan.first(each["name"]).paths(paths).model) for each in result["candidates"]}
    trial = plan.first(result["best"])
    trainer.submit(trial, "latency", "latency", models=models).result()
    taken = read_json(trial.paths(paths).folder / "latency.json")
    fastest = min(taken[name] for name in models)
    for each in result["candidates"]:
        each |= {"milliseconds": taken[each["name"]], "times_fastest": round(taken[each["name"]] / fastest, 2)}


def _test_of_winner(paths: Paths, plan: Plan, trainer: Trainer, winner: str, metrics: Sequence[str]) -> dict[str, Any]:
    """The one look at the test side. If another candidate has won before and looked, there is no second look."""
    known = read_test(plan.folder(paths))
    if known is None:
        trial = plan.first(winner)
        trainer.submit(trial, f"test by {winner}", "test", evaluate=plan.evaluate).result()
        numbers = read_json(trial.paths(paths).report("evaluate"))
        known = looks_at_test(paths, plan.folder(paths), winner, plan.seeds[0], numbers, metrics)
    return known


def _numbers(result: Mapping[str, Any]) -> dict[str, float]:
    keys = ("cpu_seconds", "trainable", "bytes", "milliseconds")
    found = {f"{each['name']}.{key}": float(each[key]) for each in result["candidates"] for key in keys}
    return found | {
        f"{each['name']}.{name}": each[name]["value"] for each in result["candidates"] for name in result["metrics"]
    }


def _in_words(failed: Mapping[tuple[str, int], str]) -> list[str]:
    return list(dict.fromkeys(f"{name}: {reason.rstrip('.')}" for (name, _), reason in failed.items()))
