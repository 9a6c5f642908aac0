"""The loop: everything that learns by gradient goes through here, and nothing else calls backward()."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tasks.errors import GateError
from tasks.finetune.monitors.looking_on import alarms_of, end_epoch
from tasks.finetune.outputs import empty_outputs, put_outputs, truth_of
from tasks.finetune.progress import Epoch, Progress
from tasks.finetune.snapshot import snapshot
from tasks.finetune.thaws.base import front
from tasks.finetune.training import Pass, Side, Training
from tasks.model.batches import epoch_batches, pad, plan_batches, seeded
from tasks.model.classifier import learned_state, thaw, train_mode
from tasks.model.device import kept_memory
from tasks.model.encoder import layer_stack

EVALUATION_TOKENS = 4096


class StepSums(NamedTuple):
    """What one step came to."""

    loss: float
    """The mean of its rows' losses."""
    penalty: float
    """What was added to that."""
    weight: float
    """Of its rows."""


@kept_memory()
def fit(training: Training, progress: Progress) -> Progress:
    """Train from where `progress` stands to the last epoch; returns it with history and best weights.

    Where `training.allowance` is spent, the epoch ends with the step just taken, and training with it; until then
    schedules follow the clock where it is ahead of the steps.

    Raises GateError as soon as the loss is not finite.
    """
    settings = training.settings
    steps, allowance, begun = training.steps, training.allowance, 0.0
    accumulate = training.accumulate
    forward = training.accelerator.prepare(training.model)
    while progress.epoch < settings.epochs and not _is_over(training, progress):
        order = seeded(settings.seed, progress.epoch)
        batches = epoch_batches(training.train.examples.lengths, settings.batch_tokens, order)
        follow_thaw(training, progress.history)
        train_mode(training.model)
        while progress.position < training.steps_per_epoch:
            start = progress.position * accumulate
            begun = allowance.share() if progress.step == 0 else begun
            place = allowance.place(progress.step, steps, begun)
            rate = settings.schedule.multiplier(place, steps)
            sums = _step(training, forward, batches[start : start + accumulate], rate)
            _refuse_divergence(training, sums, progress)
            progress.add(sums.loss, sums.penalty, sums.weight)
            settings.strategy.after_step(training.model.encoder, place + 1, steps)
            training.optimizer.zero_grad(set_to_none=True)
            numbers = {"train_loss": sums.loss, "rate": rate}
            training.watch(progress.step, numbers | ({"penalty": sums.penalty} if training.terms else {}))
            if allowance.is_spent(progress):
                break
            if progress.step % settings.checkpoint_steps == 0 and progress.position < training.steps_per_epoch:
                training.save(progress, snapshot(training, progress))
        _end_epoch(training, forward, progress, rate)
    return progress


def _is_over(training: Training, progress: Progress) -> bool:
    return progress.is_out_of_patience(training.settings.patience) or training.allowance.is_spent(progress)


def follow_thaw(training: Training, history: Sequence[Epoch]) -> None:
    """Let learn what the thaw says for the epoch after `history`; the frozen layers' states follow."""
    layers = len(layer_stack(training.model.encoder))
    moves = training.settings.thaw.top_layers
    course = [moves(layers, history[:done]) for done in range(len(history) + 1)]
    if course[-1] == training.top_layers:
        return
    training.top_layers = course[-1]
    thaw(training.model, front(course[-1], layers))
    without_gain = [*history, *[{"val_loss": math.inf}] * (training.settings.epochs - len(history) - 1)]
    ahead = [moves(layers, without_gain[:done]) for done in range(len(history) + 1, len(without_gain) + 1)]
    fronts = [front(each, layers) for each in ahead]
    training.cut, training.train, training.val = training.make_sides(max(course) == course[-1], fronts)


def _refuse_divergence(training: Training, sums: StepSums, progress: Progress) -> None:
    whole = sums.loss + sums.penalty
    if math.isfinite(whole):
        return
    step = progress.step + 1
    training.watch(step, {"train_loss": whole})
    before = ", ".join(dict.fromkeys(each["name"] for each in alarms_of(training, progress.history)))
    raise GateError(
        f"loss_not_finite: the train loss is {whole} at step {step} of {training.steps}: training diverged. "
        "Lower finetune.learning_rate or finetune.head_learning_rate, or raise the schedule's warmup_fraction."
        + (f" Alarms before: {before}." if before else "")
    )


def _step(training: Training, forward: torch.nn.Module, batches: list[list[int]], rate: float) -> StepSums:
    """One optimizer step over some batches.

    Each batch's loss is its rows' sum over the weight of *all* rows of the step, so that several batches give exactly
    the gradient of one big batch (and several processes that of one: DDP averages, hence × processes). What penalties
    add to the weights is counted once a step. The gradients are left standing.
    """
    accelerator = training.accelerator
    for group in training.optimizer.param_groups:
        group["lr"] = group["peak"] * rate
    total = float(training.row_weights[[row for rows in batches for row in rows]].sum())
    summed = torch.zeros(2, device=accelerator.device)
    penalty = 0.0
    for number, rows in enumerate(batches):
        mine = rows[accelerator.process_index :: accelerator.num_processes]
        losses = _losses(training, forward, mine or rows[:1]).sum(1) / total * (1.0 if mine else 0.0)
        summed += losses.detach()
        whole = losses.sum() * accelerator.num_processes
        if number == 0:
            on_weights = _on_weights(training)
            penalty = float(on_weights.detach())
            whole = whole + on_weights
        accelerator.backward(whole)
    for watcher in training.watchers.values():
        watcher.before_clipping()
    parameters = [p for group in training.optimizer.param_groups for p in group["params"]]
    accelerator.clip_grad_norm_(parameters, training.settings.max_gradient_norm)
    training.optimizer.step()
    loss, on_rows = accelerator.reduce(summed, reduction="sum").tolist()
    for watcher in training.watchers.values():
        watcher.after_step(loss)
    return StepSums(loss, on_rows + penalty, total)


def _losses(training: Training, forward: torch.nn.Module, rows: list[int]) -> Tensor:
    """Each row's weighted loss, and what penalties add to it: (2, B)."""
    logits = _logits(training, forward, training.train, rows)
    truth = truth_of(training.train.examples.truth, rows, logits).to(training.accelerator.device)
    ids = training.train.examples.ids
    batch = Pass(
        forward=lambda: _logits(training, forward, training.train, rows),
        loss=lambda given: training.target.losses(given, truth, training.settings.loss),
        logits=logits,
        truth=truth,
        lengths=torch.tensor([len(ids[row]) for row in rows], device=truth.device),
    )
    added = torch.zeros(len(rows), device=logits.device)
    for term in training.terms:
        more = term.on_rows(batch)
        added = added if more is None else added + more
    weights = training.row_weights[rows].to(logits.device)
    return torch.stack([batch.loss(logits), added]) * weights


def _on_weights(training: Training) -> Tensor:
    """What penalties add to the loss for the weights alone."""
    added = torch.zeros((), device=training.accelerator.device)
    for each in (
        *(term.on_weights() for term in training.terms),
        training.settings.strategy.penalty(training.model.encoder),
    ):
        added = added if each is None else added + each
    return added


def _logits(training: Training, forward: torch.nn.Module, side: Side, rows: list[int]) -> Tensor:
    device = training.accelerator.device
    batch = pad(rows, side.examples.ids).to(device)
    hidden = None if side.states is None else side.states.batch(batch.rows, batch.input_ids.shape[1]).to(device)
    return forward(batch.input_ids, batch.attention_mask, hidden, training.cut, **batch.extras).float()


@torch.no_grad()
def val_logits(training: Training, forward: torch.nn.Module) -> Tensor:
    """The outputs of the held-out rows, (N, C), or (N, W, C) of words; dropout off."""
    examples = training.val.examples
    outputs = empty_outputs(training.target, examples.truth, training.model.head.out_features)
    training.model.eval()
    for rows in plan_batches(examples.lengths, EVALUATION_TOKENS):
        put_outputs(outputs, rows, _logits(training, forward, training.val, rows))
    return outputs


def _end_epoch(training: Training, forward: torch.nn.Module, progress: Progress, rate: float) -> None:
    numbers = {"epoch": float(progress.epoch + 1), "rate": rate} | progress.means()
    logits = val_logits(training, forward)
    numbers |= training.target.val_scores(logits, training.val.examples.truth, training.classes)
    progress.end_epoch(numbers, learned_state(training.model))
    seen = end_epoch(training, progress, logits)
    training.watch(progress.step, {key: value for key, value in numbers.items() if key.startswith("val_")} | seen)
    training.save(progress, snapshot(training, progress))
