"""What would train, at which rate, at each depth, for how long: told without training."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from torch import nn

from tasks.finetune.cost import Cost, estimate_cost
from tasks.finetune.dropout import dropout_probabilities
from tasks.finetune.examples import Examples
from tasks.finetune.groups import peak_rate
from tasks.finetune.penalties.conflicts import penalty_conflicts
from tasks.finetune.post_plan import plan_post
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.sides import why_not_kept
from tasks.finetune.start import read
from tasks.finetune.thaws.base import front
from tasks.model.batches import batches_per_step, epoch_batches, plan_batches, seeded
from tasks.model.classifier import Classifier, frozen_layers, parameter_depths
from tasks.model.device import pick_attention
from tasks.model.encoder import layer_stack
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.settings import as_dict
from tasks.targets import Target

USED_WITHOUT_LOOP = {"strategy", "class_weights", "calibrate", "val_fold", "post", "seed"}
"""Settings that matter to feature_extraction, which has no loop."""


def make_plan(
    paths: Paths, finetune: FinetuneSettings, base: BaseSettings, problem: ProblemSettings | None = None
) -> dict[str, Any]:
    """The plan as plain values: rows, depths with their rates, steps, precision, cost, and every conflict.

    Needs the rows of the stages before finetune. Nothing is written or trained. Raises SettingsError where a training
    would.
    """
    target = (problem or ProblemSettings()).target
    if finetune.post.kind == "none":
        return _plan_training(paths, finetune, base, target)
    trainings = finetune.post.trainings(finetune)
    saved_as = finetune.post.saved_as(trainings)
    return plan_post(
        finetune.post, trainings, saved_as, [_plan_training(paths, each, base, target) for each in trainings]
    )


def _plan_training(paths: Paths, finetune: FinetuneSettings, base: BaseSettings, target: Target) -> dict[str, Any]:
    start = read(paths, finetune, base, target)
    train, val, model, dtype = start.train, start.val, start.model, start.dtype
    reason = why_not_kept(model, frozen_layers(model), train, val, finetune, dtype)
    weights = start.row_weights
    has_loop = not isinstance(finetune.strategy, FeatureExtraction)
    return {
        "strategy": as_dict(finetune.strategy),
        "input": model.input.kind,
        "target": as_dict(target),
        "rows": {"train": len(train.texts), "val": len(val.texts)},
        "labels": len(start.classes) if target.has_classes else 0,
        "row_weights": {"smallest": round(float(weights.min()), 4), "largest": round(float(weights.max()), 4)},
        "tokens": {"longest": max(train.lengths), "cut_off": train.cut},
        "depths": depth_table(model, finetune),
        "loop": loop_plan(train, finetune) if has_loop else None,
        "thaw": thaw_plan(model, finetune) if has_loop else None,
        "post": as_dict(finetune.post),
        "frozen_layers": {"count": frozen_layers(model), "kept": not reason, "why_not": reason},
        "calibrate": finetune.calibrate,
        "dropout": dropout_probabilities(model),
        "seed": {"value": finetune.seed, "first_rows": _first_rows(train, finetune)},
        "device": start.device.type,
        "dtype": str(dtype).removeprefix("torch."),
        "attention": pick_attention(start.device, base.max_tokens),
        "threads": base.threads,
        "cost": vars(_cost(model, train, finetune, base, kept=not reason, dtype_bytes=dtype.itemsize)),
        "conflicts": [
            *conflicts(finetune),
            *thaw_conflicts(model, finetune),
            *penalty_conflicts(model, finetune.penalties if has_loop else ()),
        ],
    }


def depth_table(model: Classifier, finetune: FinetuneSettings) -> list[dict[str, Any]]:
    """For each depth: its parameters, how many of them learn, and their peak rate (0 = frozen)."""
    layers = len(layer_stack(model.encoder))
    names = ["embeddings", *(f"layer {number}" for number in range(1, layers + 1)), "final norm", "head"]
    depths = parameter_depths(model)
    rows = []
    for depth, name in enumerate(names):
        here = [parameter for key, parameter in model.named_parameters() if depths[key] == depth]
        learning = sum(parameter.numel() for parameter in here if parameter.requires_grad)
        rate = _rate(finetune, depth, layers) if learning else 0.0
        if here:
            total = sum(parameter.numel() for parameter in here)
            rows.append({"depth": depth, "name": name, "parameters": total, "trainable": learning, "peak_rate": rate})
    return rows


def loop_plan(train: Examples, finetune: FinetuneSettings) -> dict[str, Any]:
    """Steps, batches and the rate's course."""
    batches = len(plan_batches(train.lengths, finetune.batch_tokens))
    accumulate = batches_per_step(train.lengths, finetune.batch_tokens, finetune.accumulate)
    per_epoch = -(-batches // accumulate)
    steps = per_epoch * finetune.epochs
    within = sum(step % per_epoch > 0 for step in range(0, steps, finetune.checkpoint_steps))  # an epoch's end has one
    marks = [0, steps // 20, steps // 4, steps // 2, steps - 1]
    course = [round(finetune.schedule.multiplier(step, steps), 4) for step in marks]
    return {
        "epochs": finetune.epochs,
        "patience": finetune.patience,
        "batches_per_epoch": batches,
        "batches_per_step": accumulate,
        "rows_per_step": round(len(train.texts) / per_epoch, 1),
        "steps_per_epoch": per_epoch,
        "steps": steps,
        "loss": as_dict(finetune.loss),
        "penalties": [as_dict(each) for each in finetune.penalties],
        "monitors": [as_dict(each) for each in finetune.monitors],
        "schedule": as_dict(finetune.schedule),
        "rate_course": dict(zip((f"step {mark + 1}" for mark in marks), course, strict=False)),
        "weight_decay": finetune.weight_decay,
        "gradient_checkpointing": finetune.gradient_checkpointing,
        "max_gradient_norm": finetune.max_gradient_norm,
        "checkpoints": finetune.epochs + within,
    }


def thaw_plan(model: Classifier, finetune: FinetuneSettings) -> dict[str, Any]:
    """The thaw's settings, and the lowest depth that learns in each epoch; at the earliest where val decides."""
    layers = len(layer_stack(model.encoder))
    flat = [{"val_loss": 1.0}] * finetune.epochs  # val never gets better
    course = [front(finetune.thaw.top_layers(layers, flat[:done]), layers) for done in range(finetune.epochs)]
    return {"settings": as_dict(finetune.thaw), "lowest_depth_by_epoch": course}


def conflicts(finetune: FinetuneSettings) -> list[str]:
    """Settings that contradict one another or that nothing would read, a sentence each."""
    found = []
    if isinstance(finetune.strategy, FeatureExtraction):
        defaults = FinetuneSettings()
        unread = [
            field.name
            for field in fields(FinetuneSettings)  # type: ignore[arg-type]
            if field.name not in USED_WITHOUT_LOOP and getattr(finetune, field.name) != getattr(defaults, field.name)
        ]
        found += [f"finetune.{name} is set, but feature_extraction has no loop that reads it" for name in unread]
    if finetune.patience >= finetune.epochs:
        found.append("finetune.patience is not below finetune.epochs, so it never stops anything")
    return found


def thaw_conflicts(model: Classifier, finetune: FinetuneSettings) -> list[str]:
    """Why a thaw cannot do what it is for, a sentence each."""
    depths = parameter_depths(model)
    below = {depths[name] for name in model.learnable if not name.startswith("head.")}
    if finetune.thaw.is_moving and below == {0}:
        return [f"finetune.thaw: what {finetune.strategy.kind} lets learn lies below all layers, so none can thaw"]
    return []


def _rate(finetune: FinetuneSettings, depth: int, layers: int) -> float:
    if isinstance(finetune.strategy, FeatureExtraction):
        return 1.0  # L-BFGS finds its own step
    return peak_rate(finetune, depth, layers)


def _first_rows(train: Examples, finetune: FinetuneSettings) -> list[int]:
    if isinstance(finetune.strategy, FeatureExtraction):
        return []
    first: Sequence[int] = epoch_batches(train.lengths, finetune.batch_tokens, seeded(finetune.seed, 0))[0]
    return list(first[:3])


def _cost(
    model: Classifier, train: Examples, finetune: FinetuneSettings, base: BaseSettings, *, kept: bool, dtype_bytes: int
) -> Cost:
    stack = layer_stack(model.encoder)
    in_layer = sum(parameter.numel() for parameter in nn.ModuleList([stack[0]]).parameters())
    return estimate_cost(
        layer_parameters=in_layer,
        layers=len(stack),
        frozen=frozen_layers(model),
        kept=kept,
        total=sum(parameter.numel() for parameter in model.parameters()),
        trainable=sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
        rows=len(train.texts),
        tokens=sum(train.lengths),
        width=int(model.encoder.config.hidden_size),  # type: ignore[union-attr,arg-type]
        dtype_bytes=dtype_bytes,
        threads=base.threads,
        finetune=finetune,
    )
