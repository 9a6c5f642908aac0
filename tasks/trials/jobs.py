"""What a process does for a comparison or a search: `python -m tasks job`, the request's file in FINETRACE_JOB."""

import json
import os
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasks.config import Config, parse_config
from tasks.errors import SettingsError
from tasks.files import read_json, write_json
from tasks.finetune.allowance import VARIABLE, is_below
from tasks.finetune.settings import FinetuneSettings
from tasks.model.features import text_features
from tasks.model.files import load_model
from tasks.paths import Paths
from tasks.pipeline import failure_noted, run_stage
from tasks.settings import as_dict
from tasks.stages import JOB, STAGES
from tasks.texts import texts_of
from tasks.trials.place import TrialPaths

REQUEST = "FINETRACE_JOB"
LATENCY_TEXTS, LATENCY_ROUNDS = 64, 7
Request = dict[str, Any]


def run_job(paths: Paths) -> dict[str, Any]:
    """Do what the request asks; its numbers. Why it failed stands in the `failure` of the request's folder."""
    named = os.environ.get(REQUEST)
    if not named:
        raise SettingsError(f"{REQUEST} names no request. It is set by finetrace compare and finetrace search.")
    request = read_json(Path(named))
    place = TrialPaths(paths.root, Path(named).parent, sees_test=request["kind"] == "test")
    with failure_noted(place, JOB):
        return KINDS[request["kind"]](place, request)


def train(place: TrialPaths, request: Request) -> dict[str, Any]:
    """Fine-tune, label the val rows, write answers and result. A training that was killed starts over: its cost is
    part of its result, and what the killed process took is not known."""
    shutil.rmtree(place.checkpoints, ignore_errors=True)
    config = _config(request)
    os.environ[VARIABLE] = json.dumps(
        {"cpu_seconds": seconds_each(config.finetune, request["cpu_seconds"]), "floors": request.get("floors")}
    )
    run_stage("finetune", config, place)
    report = read_json(place.report("finetune"))
    write_json(place.answers, _answer_val(place, config))
    result = _result(place, request, report, config.problem.target.metrics[report["score"]])
    if not request.get("keep_model", True):
        shutil.rmtree(place.model)
    write_json(place.result, result)
    return {key: result[key] for key in ("val_score", "cpu_seconds")}


def look_at_test(place: TrialPaths, request: Request) -> dict[str, Any]:
    """The evaluate stage on a trial's model: the one look at the test side."""
    return run_stage("evaluate", _config(request), place)


def warm(place: TrialPaths, request: Request) -> dict[str, Any]:
    """Compute what every training begins with, so that the first of them does not pay for all."""
    from tasks.finetune.examples import read_examples

    config = _config(request)
    train_rows, _ = read_examples(place, config.finetune.val_fold)
    return {"rows": len(text_features(texts_of(train_rows), config.base, place))}


def measure_latency(place: TrialPaths, request: Request) -> dict[str, Any]:
    """Milliseconds a text for each model, in turns in this one process: fit to be compared with one another only."""
    from tasks.finetune.examples import read_examples

    config = _config(request)
    models = {name: load_model(Path(folder), config.base, place.root) for name, folder in request["models"].items()}
    texts = texts_of(read_examples(place, config.finetune.val_fold)[1])[:LATENCY_TEXTS]
    taken: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(LATENCY_ROUNDS):
        for name, model in models.items():
            started = time.perf_counter()
            model.predict(texts)
            taken[name].append((time.perf_counter() - started) * 1000 / len(texts))
    found = {name: round(statistics.median(each), 4) for name, each in taken.items()}
    write_json(place.folder / "latency.json", found)
    return found


KINDS: dict[str, Callable[[TrialPaths, Request], dict[str, Any]]] = {
    "train": train,
    "test": look_at_test,
    "warm": warm,
    "latency": measure_latency,
}
"""What can be asked."""


def _config(request: Request) -> Config:
    known = [section for stage in STAGES.values() for section in stage.sections]
    sections = {name: value for name, value in request.items() if name in known}
    return parse_config({**sections, "ingest": {"path": "-"}}, "the request")  # nothing here reads raw rows


def scores_of(report: dict[str, Any]) -> dict[str, float]:
    """The val scores of the model that was saved: of what was made of several trainings, or of the best epoch."""
    if "post" in report:
        return dict(report["post"]["result"])
    return dict(report["history"][report["best_epoch"] - 1])


def seconds_each(finetune: FinetuneSettings, seconds: float | None) -> float | None:
    """What each of the trainings behind one model may take: the budget is the model's, and they share it."""
    return None if seconds is None else seconds / len(finetune.post.trainings(finetune))


def _answer_val(place: TrialPaths, config: Config) -> dict[str, Any]:
    """The val rows' ids, their targets and the model's answers; read back from disk, as a user would."""
    from tasks.finetune.examples import read_examples

    model = load_model(place.model, config.base, place.root)
    rows = read_examples(place, config.finetune.val_fold)[1]
    return {
        "rows": rows["row_id"].to_pylist(),
        "truth": rows["label"].to_pylist(),
        "answers": model.answers(model.predict(texts_of(rows))),
        "labels": list(model.labels),
        "target": as_dict(model.target),
    }


def _result(place: TrialPaths, request: Request, report: dict[str, Any], title: str) -> dict[str, Any]:
    history = report["history"]
    scores = scores_of(report)
    seconds = read_json(place.timing("finetune"))
    floors = {int(epoch): floor for epoch, floor in (request.get("floors") or {}).items()}
    return {
        "val_score": scores["val_score"],
        "score": report["score"],
        "title": title,
        "best_epoch": report["best_epoch"],
        "curve": [each["val_score"] for each in history],
        "is_pruned": len(history) < request["finetune"]["epochs"] and is_below(floors, history),
        "cpu_seconds": round(seconds["cpu_seconds"], 2),
        "seconds": round(seconds["seconds"], 2),
        "trainable": report["parameters"]["trainable"],
        "total": report["parameters"]["total"],
        "bytes": sum(file.stat().st_size for file in place.model.rglob("*") if file.is_file()),
        "model_digest": report["model_digest"],
        "steps": report["steps"],
    }
