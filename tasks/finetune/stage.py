"""augmented rows → fine-tuned model"""

import logging
import math
from pathlib import Path
from typing import Any

import torch

from tasks.errors import GateError, SettingsError
from tasks.finetune.allowance import read_allowance
from tasks.finetune.checkpoint import Checkpoints
from tasks.finetune.combine import combine_trainings
from tasks.finetune.fingerprint import make_fingerprint
from tasks.finetune.monitors.seen import NOBODY, LookedOn
from tasks.finetune.parts import Part
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import Start, prepare
from tasks.finetune.watching import Watch, watching
from tasks.launcher import process_count, rank
from tasks.model.classifier import frozen_layers, learned_state
from tasks.model.device import cpu_threads
from tasks.model.encoder import layer_stack
from tasks.model.features import text_features
from tasks.model.files import save_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.model.words import narrow_words
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.settings import as_dict

logger = logging.getLogger(__name__)


def run(
    paths: Paths, *, finetune: FinetuneSettings, base: BaseSettings, problem: ProblemSettings | None = None
) -> dict[str, Any]:
    """Fine-tune the base on the augmented train rows, keep the best epoch on val; writes data/model."""
    target = (problem or ProblemSettings()).target
    with cpu_threads(base.threads):
        if finetune.post.kind != "none":
            return combine_trainings(paths, finetune, base, target, _train_part)
        torch.manual_seed(finetune.seed)
        start = prepare(paths, finetune, base, target)
        with watching(paths, finetune, base) as watch:
            if isinstance(finetune.strategy, FeatureExtraction):
                progress, looked_on = _fit_head(start, watch), NOBODY
            else:
                progress, looked_on = _fit_layers(start, watch)
            if rank() > 0:
                return {}
            digest = save_model(
                paths.model,
                target.finish_head(progress.best, start.train.truth),
                base=base,
                base_folder=start.folder,
                strategy=finetune.strategy,
                labels=start.classes if target.has_classes else (),
                row_input=start.model.input,
                target=target,
                decision=progress.decision,
            )
            watch.finish(digest, looked_on.tags())
    return _report(start, progress, digest) | looked_on.report()


def _train_part(start: Start, watch: Watch, checkpoints: Path) -> Part:
    """One of the trainings that post makes a model of; its checkpoints lie in a folder of their own and stay."""
    first = {name: each.clone() for name, each in learned_state(start.model).items()}
    if isinstance(start.settings.strategy, FeatureExtraction):
        progress, looked_on = _fit_head(start, watch), NOBODY
    else:
        progress, looked_on = _fit_layers(start, watch, checkpoints)
    return Part(start.settings, progress.best, first, _report(start, progress, "") | looked_on.report())


def _fit_head(start: Start, watch: Watch) -> Progress:
    """Feature extraction: no loop, since the loss of a linear head has one minimum."""
    from tasks.finetune.head import chosen_inverse_penalty, fit_head

    strategy, target = start.settings.strategy, start.target
    assert isinstance(strategy, FeatureExtraction)
    sides = {
        name: torch.from_numpy(text_features(examples.texts, start.base, start.paths, per_word=target.per_word))
        for name, examples in (("train", start.train), ("val", start.val))
    }
    head = start.model.head.cpu()
    losses: list[float] = []

    def after_pass(number: int, loss: float) -> None:
        if not math.isfinite(loss):
            raise GateError(f"the train loss is {loss} in pass {number}: the base's features overflow. Check the base.")
        losses.append(loss)
        watch.numbers(number, {"train_loss": loss})

    truth = target.flat(start.train.truth)
    weights = start.row_weights if len(truth) == len(start.train.ids) else None
    chosen = chosen_inverse_penalty(start, sides["train"], weights)
    fit_head(
        head,
        sides["train"],
        lambda outputs: target.feature_losses(outputs, truth),
        inverse_penalty=chosen.value,
        iterations=strategy.iterations,
        weights=weights,
        after_pass=after_pass,
    )
    with torch.no_grad():
        outputs = target.unflat(head(sides["val"]), start.val.truth)
    scores = target.val_scores(outputs, start.val.truth, start.classes)
    progress = Progress(step=len(losses), notes={"inverse_penalty": chosen.as_json()})
    watch.numbers(len(losses), scores)
    progress.end_epoch({"epoch": 1.0, "train_loss": losses[-1], "rate": 0.0} | scores, learned_state(start.model))
    progress.finish(target, outputs, start.val.truth, calibrate=start.settings.calibrate)
    return progress


def _fit_layers(start: Start, watch: Watch, kept_in: Path | None = None) -> tuple[Progress, LookedOn]:
    """Checkpoints lie in `kept_in` and stay, or are gone when the training is over."""
    from accelerate import Accelerator

    from tasks.finetune.finish import finish
    from tasks.finetune.loop import fit
    from tasks.finetune.monitors.looking_on import looked_on, start_watchers
    from tasks.finetune.snapshot import restore

    settings = start.settings
    accelerator = Accelerator(
        cpu=start.device.type == "cpu", mixed_precision="bf16" if start.dtype == torch.bfloat16 else "no"
    )
    if settings.thaw.is_moving and accelerator.num_processes > 1:
        raise SettingsError(f"finetune.thaw: {settings.thaw.kind} needs a single process. Start it without a launcher.")
    checkpoints = Checkpoints(kept_in or start.paths.checkpoints, make_fingerprint(start, accelerator.num_processes))
    training = _make_training(start, accelerator, checkpoints, watch)
    watch.expect(training.steps)
    found = checkpoints.newest()
    progress = Progress(**found[0], best=found[1]["best"]) if found else Progress()
    training.terms = [each.start(training) for each in settings.penalties]
    training.watchers = start_watchers(training, progress)
    if found:
        restore(training, found[1])
        logger.info("finetune: goes on from step %d.", progress.step)
    elif checkpoints.differences():
        reasons = "; ".join(checkpoints.differences())
        logger.warning("finetune: the checkpoint there is of another training and is not used (%s).", reasons)
    fit(training, progress)
    finish(training, progress)
    if accelerator.is_main_process and kept_in is None:
        checkpoints.remove_all()
    return progress, looked_on(training, progress.history)


def _make_training(start: Start, accelerator: Any, checkpoints: Checkpoints, watch: Watch) -> Any:
    from tasks.finetune.groups import make_optimizer
    from tasks.finetune.sides import make_sides
    from tasks.finetune.training import Side, Training

    settings = start.settings
    words = narrow_words(start.model.encoder, [*start.train.ids, *start.val.ids])
    torch.manual_seed(settings.seed + accelerator.process_index)
    return Training(
        model=start.model,
        optimizer=make_optimizer(start.model, settings, start.device),
        accelerator=accelerator,
        settings=settings,
        train=Side(start.train),
        val=Side(start.val),
        make_sides=lambda untouched, fronts: make_sides(
            start.model,
            start.train,
            start.val,
            settings,
            start.base,
            start.paths,
            start.dtype,
            untouched=untouched,
            fronts=fronts,
        ),
        row_weights=start.row_weights,
        save=lambda progress, tensors: (
            checkpoints.save(progress.step, progress.numbers(), tensors) if accelerator.is_main_process else None
        ),
        watch=watch.numbers,
        words=words,
        tokenizer=start.tokenizer,
        allowance=read_allowance(),
        target=start.target,
        classes=start.classes,
    )


def _report(start: Start, progress: Progress, digest: str) -> dict[str, Any]:
    parameters = list(start.model.parameters())
    learnable = start.model.learnable
    trainable = sum(each.numel() for name, each in start.model.named_parameters() if name in learnable)
    return {
        "strategy": as_dict(start.settings.strategy),
        "input": start.model.input.kind,
        "target": start.target.kind,
        "score": start.target.headline,
        "labels": start.classes if start.target.has_classes else [],
        "parameters": {"total": sum(each.numel() for each in parameters), "trainable": trainable},
        "layers": {"total": len(layer_stack(start.model.encoder)), "frozen": frozen_layers(start.model)},
        "history": progress.history,
        "best_epoch": progress.best_epoch,
        "best_val_score": progress.history[progress.best_epoch - 1]["val_score"],
        "steps": progress.step,
        **{key: note for key, note in progress.notes.items() if key == "inverse_penalty"},
        "temperature": round(progress.temperature, 6),
        "model_digest": digest,
        "device": start.device.type,
        "dtype": str(start.dtype).removeprefix("torch."),
        "threads": start.base.threads,
        "processes": process_count(),
        "rows": {"train": len(start.train.texts), "val": len(start.val.texts)},
        "texts_cut": {"train": start.train.cut, "val": start.val.cut, "max_tokens": start.base.max_tokens},
    }
