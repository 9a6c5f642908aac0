"""Several trainings, one after the other → one model."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tasks.errors import SettingsError
from tasks.finetune.judge import Judge
from tasks.finetune.monitors.seen import LookedOn
from tasks.finetune.outputs import cool_head
from tasks.finetune.parts import Combined, Part
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import Start, prepare, read
from tasks.finetune.watching import Watch, watching
from tasks.launcher import process_count
from tasks.model.files import save_ensemble, save_model
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.settings import as_dict
from tasks.targets import Decision, Target

Train = Callable[[Start, Watch, Path], Part]
"""Everything before the first step, who looks on, and a folder for checkpoints → the finished training."""


def combine_trainings(
    paths: Paths, finetune: FinetuneSettings, base: BaseSettings, target: Target, train: Train
) -> dict[str, Any]:
    """Train each part of finetune.post, make one model of them, write data/model; returns the stage's report.

    A training that is over keeps its checkpoints until the model is there, so that a killed stage goes on to the same
    bits. Raises SettingsError before anything is trained if the parts make no sense together.
    """
    if process_count() > 1:
        raise SettingsError(f"finetune.post: {finetune.post.kind} needs a single process. Start it without a launcher.")
    trainings: list[FinetuneSettings] = [
        replace(each, calibrate=False)  # type: ignore[type-var]
        for each in finetune.post.trainings(finetune)
    ]
    finetune.post.saved_as(trainings)
    for number, each in enumerate(trainings[1:], start=1):
        if each.strategy != trainings[number - 1].strategy:
            read(paths, each, base, target)  # refuses a strategy that does not fit the base, before hours of training
    start = _start(paths, trainings[0], base, target)
    judge = Judge(start.folder, start.classes, start.val, base.max_tokens, target)
    with watching(paths, finetune, base) as watch:
        parts = []
        for number, each in enumerate(trainings):
            mine = watch.of_member(number, len(trainings)) if len(trainings) > 1 else watch
            begun = start if number == 0 else _start(paths, each, base, target)
            part = train(begun, mine, paths.checkpoints / "parts" / str(number))
            parts.append(part if finetune.post.keeps_first else replace(part, first={}))
        combined = finetune.post.combine(parts, judge)
        outputs, truth = combined.logits, start.val.truth
        temperature = target.fit_temperature(outputs, truth) if finetune.calibrate else 1.0
        digest = _save(paths, start, combined, temperature, target.decide(outputs / temperature, truth))
        watch.curve(finetune.post.kind, _by_thousandths(combined.report.get("curve", [])))
        looked_on = _looked_on(parts, combined)
        watch.finish(digest, looked_on.tags())
    shutil.rmtree(paths.checkpoints, ignore_errors=True)
    whole = {"temperature": round(temperature, 6), "model_digest": digest}
    return _report(finetune, parts, combined) | whole | looked_on.report()


def _start(paths: Paths, training: FinetuneSettings, base: BaseSettings, target: Target) -> Start:
    torch.manual_seed(training.seed)
    return prepare(paths, training, base, target)


def _save(paths: Paths, start: Start, combined: Combined, temperature: float, decision: Decision) -> str:
    about: dict[str, Any] = {
        "base": start.base,
        "base_folder": start.folder,
        "labels": start.classes if start.target.has_classes else (),
        "row_input": start.model.input,
        "target": start.target,
        "decision": decision,
    }
    finished = [
        (strategy, start.target.finish_head(weights, start.train.truth)) for strategy, weights in combined.models
    ]
    if len(finished) > 1:
        return save_ensemble(paths.model, finished, temperature=temperature, **about)
    ((strategy, weights),) = finished
    cooled = cool_head(weights, temperature) if temperature != 1.0 else weights
    return save_model(paths.model, cooled, strategy=strategy, **about)


def _by_thousandths(curve: Sequence[dict[str, float]]) -> dict[int, dict[str, float]]:
    """MLflow counts in whole steps."""
    return {
        round(1000 * each["alpha"]): {key: value for key, value in each.items() if key != "alpha"} for each in curve
    }


def _looked_on(parts: Sequence[Part], combined: Combined) -> LookedOn:
    """The alarms of all members, each told by whose it is, and what the monitors of the watched member found."""
    found = [
        _of_member(alarm, number, combined.report["parts"][number]["name"]) if len(parts) > 1 else alarm
        for number, part in enumerate(parts)
        for alarm in part.report["alarms"]
    ]
    return LookedOn(found, parts[_watched_part(parts, combined)].report["monitors"])


def _watched_part(parts: Sequence[Part], combined: Combined) -> int:
    """The best part; where nobody looked at it, since it has no loop, the first that was looked at."""
    best = combined.best_part
    return next((number for number in (best, *range(len(parts))) if parts[number].report["monitors"]), best)


def _of_member(alarm: dict[str, Any], number: int, name: str) -> dict[str, Any]:
    return alarm | {"member": number, "message": f"member {number} ({name}): {alarm['message']}"}


def _report(finetune: FinetuneSettings, parts: Sequence[Part], combined: Combined) -> dict[str, Any]:
    """The best part's report, with the numbers of the one model in their places and those of all parts under post."""
    best = parts[combined.best_part]
    kinds = [strategy.kind for strategy, _ in combined.models]
    whole: dict[str, Any] = {"strategy": as_dict(combined.models[0][0])}
    if len(kinds) > 1:
        counts = [part.report["parameters"] for part in parts]
        whole = {
            "strategy": {"kind": "ensemble", "members": ", ".join(kinds)},
            "parameters": {key: sum(each[key] for each in counts) for key in ("total", "trainable")},
        }
    return best.report | {
        **whole,
        "steps": sum(part.report["steps"] for part in parts),
        "best_val_score": combined.report["result"]["val_score"],
        "post": {
            "kind": finetune.post.kind,
            "saved_as": "ensemble" if len(kinds) > 1 else kinds[0],
            "shown_part": combined.best_part,
            **({"watched_member": _watched_part(parts, combined)} if len(parts) > 1 else {}),
            **combined.report,
        },
    }
