"""The loop: everything that learns by gradient goes through here, and nothing else calls backward()."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor
from torch.nn import functional as F

from tasks.errors import GateError
from tasks.finetune.examples import Examples
from tasks.finetune.progress import Epoch, Progress
from tasks.finetune.scores import val_scores
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.states import FrozenStates
from tasks.finetune.thaws.base import front
from tasks.model.batches import epoch_batches, pad, plan_batches, seeded
from tasks.model.classifier import Classifier, learned_state, thaw, train_mode
from tasks.model.device import kept_memory
from tasks.model.encoder import layer_stack
from tasks.model.words import NarrowedWords

EVALUATION_TOKENS = 4096
Tensors = dict[str, dict[str, Tensor]]


@dataclass(frozen=True)
class Side:
    """Rows, and the states of their frozen layers if those are kept."""

    examples: Examples
    states: FrozenStates | None = None


@dataclass
class Training:
    """What the loop needs. `save(progress, tensors)` keeps a checkpoint, `watch(step, numbers)` looks on.

    `make_sides(untouched)` gives the first learning layer and both sides, with the states of the frozen layers below
    if those are `untouched` by training and can be kept; it is asked again whenever layers thaw or freeze.
    """

    model: Classifier
    optimizer: torch.optim.Optimizer
    accelerator: Accelerator
    settings: FinetuneSettings
    train: Side
    val: Side
    make_sides: Callable[[bool], tuple[int, Side, Side]]
    label_weights: Tensor
    save: Callable[[Progress, Tensors], None]
    watch: Callable[[int, dict[str, float]], None]
    words: NarrowedWords | None = None
    cut: int = 0
    top_layers: int | None = None
    """How many of the top layers learn; None before the first epoch."""

    @property
    def steps_per_epoch(self) -> int:
        """The same for each epoch: only lengths decide how many batches there are."""
        batches = len(plan_batches(self.train.examples.lengths, self.settings.batch_tokens))
        return math.ceil(batches / self.settings.accumulate)


@kept_memory()
def fit(training: Training, progress: Progress) -> Progress:
    """Train from where `progress` stands to the last epoch; returns it with history and best weights.

    Raises GateError as soon as the loss is not finite.
    """
    settings = training.settings
    steps = training.steps_per_epoch * settings.epochs
    forward = training.accelerator.prepare(training.model)
    while progress.epoch < settings.epochs and not progress.is_out_of_patience(settings.patience):
        order = seeded(settings.seed, progress.epoch)
        batches = epoch_batches(training.train.examples.lengths, settings.batch_tokens, order)
        _follow_thaw(training, progress.history)
        train_mode(training.model)
        while progress.position < training.steps_per_epoch:
            start = progress.position * settings.accumulate
            rate = settings.schedule.multiplier(progress.step, steps)
            loss, weight = _step(training, forward, batches[start : start + settings.accumulate], rate)
            if not math.isfinite(loss):
                raise GateError(
                    f"the train loss is {loss} at step {progress.step + 1} of {steps}: training diverged. "
                    "Lower finetune.learning_rate or finetune.head_learning_rate, or raise the schedule's "
                    "warmup_fraction."
                )
            progress.step += 1
            progress.position += 1
            progress.loss_sum += loss * weight
            progress.weight_sum += weight
            training.watch(progress.step, {"train_loss": loss, "rate": rate})
            if progress.step % settings.checkpoint_steps == 0 and progress.position < training.steps_per_epoch:
                training.save(progress, snapshot(training, progress))
        _end_epoch(training, forward, progress, rate)
    if settings.calibrate:
        if training.top_layers is None:  # killed at the very end: the last epoch was over
            _follow_thaw(training, progress.history[:-1])
        training.model.load_state_dict(progress.best, strict=False)
        progress.calibrate(val_logits(training, forward), training.val.examples.labels)
    if training.words:
        progress.best = training.words.widen(training.model, progress.best)
    return progress


def _follow_thaw(training: Training, history: Sequence[Epoch]) -> None:
    """Let learn what the thaw says for the epoch after `history`; the frozen layers' states follow."""
    layers = len(layer_stack(training.model.encoder))
    course = [training.settings.thaw.top_layers(layers, history[:done]) for done in range(len(history) + 1)]
    if course[-1] == training.top_layers:
        return
    training.top_layers = course[-1]
    thaw(training.model, front(course[-1], layers))
    training.cut, training.train, training.val = training.make_sides(max(course) == course[-1])


def _step(training: Training, forward: torch.nn.Module, batches: list[list[int]], rate: float) -> tuple[float, float]:
    """One optimizer step over some batches; returns the mean loss of their rows and the rows' weight.

    Each batch's loss is its rows' sum over the weight of *all* rows of the step, so that several batches give exactly
    the gradient of one big batch (and several processes that of one: DDP averages, hence × processes).
    """
    accelerator, labels = training.accelerator, training.train.examples.labels
    for group in training.optimizer.param_groups:
        group["lr"] = group["peak"] * rate
    total = float(training.label_weights[labels[[row for rows in batches for row in rows]]].sum())
    summed = torch.zeros((), device=accelerator.device)
    for rows in batches:
        mine = rows[accelerator.process_index :: accelerator.num_processes]
        losses = _losses(training, forward, training.train, mine or rows[:1])
        loss = losses.sum() / total * (1.0 if mine else 0.0)
        accelerator.backward(loss * accelerator.num_processes)
        summed += loss.detach()
    parameters = [p for group in training.optimizer.param_groups for p in group["params"]]
    accelerator.clip_grad_norm_(parameters, training.settings.max_gradient_norm)
    training.optimizer.step()
    training.optimizer.zero_grad(set_to_none=True)
    return float(accelerator.reduce(summed, reduction="sum")), total


def _losses(training: Training, forward: torch.nn.Module, side: Side, rows: list[int]) -> Tensor:
    """Each row's weighted cross-entropy, (B,)."""
    targets = side.examples.labels[rows].to(training.accelerator.device)
    logits = _logits(training, forward, side, rows)
    weights = training.label_weights.to(logits.device)[targets]
    return F.cross_entropy(logits, targets, reduction="none") * weights


def _logits(training: Training, forward: torch.nn.Module, side: Side, rows: list[int]) -> Tensor:
    device = training.accelerator.device
    batch = pad(rows, side.examples.ids)
    hidden = None if side.states is None else side.states.batch(batch.rows, batch.input_ids.shape[1]).to(device)
    return forward(batch.input_ids.to(device), batch.attention_mask.to(device), hidden, training.cut).float()


@torch.no_grad()
def val_logits(training: Training, forward: torch.nn.Module) -> Tensor:
    """The logits (N, C) of the held-out rows, dropout off."""
    examples = training.val.examples
    logits = torch.zeros(len(examples.ids), training.model.head.out_features)
    training.model.eval()
    for rows in plan_batches(examples.lengths, EVALUATION_TOKENS):
        logits[rows] = _logits(training, forward, training.val, rows).cpu()
    return logits


def _end_epoch(training: Training, forward: torch.nn.Module, progress: Progress, rate: float) -> None:
    numbers = {"epoch": float(progress.epoch + 1), "train_loss": progress.loss_sum / progress.weight_sum, "rate": rate}
    numbers |= val_scores(val_logits(training, forward), training.val.examples.labels)
    progress.end_epoch(numbers, learned_state(training.model))
    training.watch(progress.step, {key: value for key, value in numbers.items() if key.startswith("val_")})
    training.save(progress, snapshot(training, progress))


def snapshot(training: Training, progress: Progress) -> Tensors:
    """Every tensor that the rest of the training depends on."""
    names = {id(parameter): name for name, parameter in training.model.named_parameters()}
    optimizer = {
        f"{names[id(parameter)]}|{key}": value.cpu().contiguous()
        for parameter, values in training.optimizer.state.items()
        for key, value in values.items()
    }
    return {
        "weights": learned_state(training.model),
        "optimizer": optimizer,
        "random": _random_states(training.accelerator),
        "best": dict(progress.best),
    }


def restore(training: Training, tensors: Tensors) -> None:
    """Put a snapshot's weights, optimizer and random states back."""
    training.model.load_state_dict(tensors["weights"], strict=False)
    parameters = dict(training.model.named_parameters())
    for key, value in tensors["optimizer"].items():
        name, field = key.split("|")
        parameter = parameters[name]
        training.optimizer.state[parameter][field] = value if field == "step" else value.to(parameter.device)
    torch.set_rng_state(tensors["random"][f"cpu.{training.accelerator.process_index}"])
    if torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random"][f"cuda.{training.accelerator.process_index}"])


def _random_states(accelerator: Accelerator) -> dict[str, Tensor]:
    own = {f"cpu.{accelerator.process_index}": torch.get_rng_state()}
    if torch.cuda.is_available():
        own[f"cuda.{accelerator.process_index}"] = torch.cuda.get_rng_state()
    if accelerator.num_processes == 1:
        return own
    return {key: value for states in gather_object([own]) for key, value in states.items()}
