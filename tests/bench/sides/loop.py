"""finetrace's own loop: a round is an epoch of one real training."""

import time
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter

from tasks.finetune.finish import finish
from tasks.finetune.groups import make_optimizer
from tasks.finetune.loop import fit
from tasks.finetune.monitors.looking_on import start_watchers
from tasks.finetune.progress import Progress
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.sides import make_sides
from tasks.finetune.start import Start, prepare
from tasks.finetune.training import Tensors, Training
from tasks.model.batches import pad, plan_batches
from tasks.model.classifier import Classifier
from tasks.model.encoder import layer_stack
from tasks.model.tokenizer import load_tokenizer, token_ids
from tasks.model.words import narrow_words
from tasks.paths import Paths
from tests.bench.turn import Turn
from tests.bench.workspace import read_side, repository_base


def play(turn: Turn, *, workspace: str, settings: dict[str, Any], rounds: int, threads: int) -> None:
    """Train with the default settings but those given; each epoch is a turn, the last weights are scored on test."""
    chosen: FinetuneSettings = TypeAdapter(FinetuneSettings).validate_python(
        {"monitors": []}
        | settings
        | {"epochs": rounds, "calibrate": False}  # which would bring the best epoch's weights back
    )
    torch.manual_seed(chosen.seed)
    start = prepare(Paths(Path(workspace)), chosen, repository_base(threads))
    began = time.process_time()
    training = _training(start, turn)
    facts = {"set_up_cpu_seconds": time.process_time() - began}
    turn.begin()
    progress = Progress()
    training.watchers = start_watchers(training, progress)
    finish(training, fit(training, progress))
    turn.finish(accuracy=_accuracy(start, Path(workspace)), **facts, **_facts(start))


def _facts(start: Start) -> dict[str, Any]:
    layers = layer_stack(start.model.encoder)
    matrices = [each for name, each in layers.named_parameters() if each.dim() == 2 and "lora_" not in name]
    return {
        "trainable": sum(each.numel() for each in start.model.parameters() if each.requires_grad),
        "layer_parameters": sum(each.numel() for each in matrices),
        "tokens_per_row": sum(start.train.lengths) / len(start.train.lengths),
        "dtype": str(start.dtype).removeprefix("torch."),
    }


def _training(start: Start, turn: Turn) -> Training:
    from accelerate import Accelerator

    settings = start.settings
    sides = make_sides(start.model, start.train, start.val, settings, start.base, start.paths, start.dtype)
    words = narrow_words(start.model.encoder, [*start.train.ids, *start.val.ids])
    torch.manual_seed(settings.seed)

    def save(progress: Progress, _: Tensors) -> None:
        if progress.position:  # in the middle of an epoch
            return
        turn.end(len(start.train.ids))
        if progress.epoch < settings.epochs:
            turn.begin()

    return Training(
        model=start.model,
        optimizer=make_optimizer(start.model, settings, start.device),
        accelerator=Accelerator(cpu=True, mixed_precision="bf16" if start.dtype == torch.bfloat16 else "no"),
        settings=settings,
        train=sides[1],
        val=sides[2],
        make_sides=lambda _untouched, _fronts: sides,
        row_weights=start.row_weights,
        target=start.target,
        classes=start.classes,
        save=save,
        watch=lambda _step, _numbers: None,
        words=words,
        tokenizer=start.tokenizer,
    )


@torch.no_grad()
def _accuracy(start: Start, workspace: Path) -> float:
    """The share of test rows that the last weights (not the best epoch's: Trainer keeps the last) get right."""
    rows = read_side(workspace, "test")
    ids = token_ids(load_tokenizer(start.folder, start.base.max_tokens), [text for text, _ in rows])
    model: Classifier = start.model.eval()
    right = 0
    for batch_rows in plan_batches([len(each) for each in ids], 4096):
        batch = pad(batch_rows, ids)
        predicted = model(batch.input_ids, batch.attention_mask).argmax(-1).tolist()
        pairs = zip(batch_rows, predicted, strict=True)
        right += sum(start.labels[number] == rows[row][1] for row, number in pairs)
    return right / len(rows)
