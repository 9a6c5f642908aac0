"""What the losses alone tell."""

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tasks.finetune.monitors import course
from tasks.finetune.monitors.base import Alarm, Epoch, Monitor, Numbers, Watcher
from tasks.settings import settings

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.finetune.training import Training

WINDOW, RUN, LEAST = 50, 3, 12
"""Steps that a spike is measured against; steps that it lasts; steps before the first that can be one."""
MOST_SPIKES = 20


@settings
class Convergence(Monitor):
    """Is it still falling, has it stopped, does it learn by heart, does it jump? Costs next to nothing."""

    kind: Literal["convergence"] = "convergence"
    spike: Annotated[float, Field(gt=0)] = 0.5
    """A loss this share of an even guess's above the usual, three steps in a row, is a spike."""
    still_falling: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Alarm when val loss fell by more than this share in the last epoch, and macro F1 rose."""
    overfitting: Annotated[float, Field(gt=0)] = 0.2
    """Alarm when val loss has surely risen by more than this share, and macro F1 surely fell or a guess costs less."""
    plateau_epochs: Annotated[int, Field(ge=2)] = 4
    """Alarm when so many epochs at the end moved neither val loss nor macro F1 nor train loss for the better."""

    def start(self, training: "Training", notes: dict[str, Any]) -> Watcher:
        return _Course(self, training, notes)


class _Course(Watcher):
    def __init__(self, settings: Convergence, training: "Training", notes: dict[str, Any]) -> None:
        super().__init__(notes)
        self._settings = settings
        self._planned = training.settings.epochs
        self._guessing = _even_guess(training)
        self._chance = _chance(training)
        self._truth = training.val.examples.truth
        self._training = training
        notes.setdefault("losses", [])  # of the last steps
        notes.setdefault("step", 0)
        notes.setdefault("spikes", [])

    def after_step(self, loss: float) -> None:
        if not math.isfinite(loss):  # the loop stops by itself, and says why
            return
        notes, losses = self.notes, self.notes["losses"]
        notes["step"] += 1
        losses.append(loss)
        del losses[: -WINDOW - RUN]
        if len(losses) >= LEAST + RUN:
            self._look_for_spike(losses[:-RUN], losses[-RUN:])

    def after_epoch(self, history: Sequence[Epoch], logits: "Tensor") -> Numbers:
        last = history[-1]
        error = _error_of_mean(self._training, logits)
        numbers = {"gap": round(last["val_loss"] - last["train_loss"], 6), "val_loss_error": round(error, 6)}
        if len(history) > 1:
            numbers["val_loss_fall"] = round(1 - last["val_loss"] / max(1e-12, history[-2]["val_loss"]), 6)
        return numbers

    def alarms(self, history: Sequence[Epoch]) -> list[Alarm]:
        if not history:
            return self._spike_alarms(1)
        s = self._settings
        val = course.ValSide(
            rows=len(self._truth),
            loss_errors=[each.get("val_loss_error", 0.0) for each in self.epochs],  # older checkpoints have none
            guessing=self._chance,
        )
        found = [
            course.rate_too_high(history, self._guessing),
            course.still_falling(history, s.still_falling, self._planned),
            course.overfitting(history, s.overfitting, val),
            course.plateau(history, s.plateau_epochs, self._guessing),
        ]
        return [*(each for each in found if each), *self._spike_alarms(len(history))]

    def findings(self) -> dict[str, Any]:
        return super().findings() | {"guessing": round(self._guessing, 6), "spikes": self.notes["spikes"]}

    def _look_for_spike(self, before: list[float], now: list[float]) -> None:
        usual = median(before)
        spread = median(abs(each - usual) for each in before)
        level = usual + max(self._settings.spike * self._guessing, 6 * spread)
        spikes, step = self.notes["spikes"], self.notes["step"]
        is_new = not spikes or step - spikes[-1]["step"] >= WINDOW
        if min(now) > level and is_new and len(spikes) < MOST_SPIKES:
            spikes.append({"step": step, "epoch": len(self.epochs) + 1, "loss": fmean(now), "usual": usual})

    def _spike_alarms(self, epochs: int) -> list[Alarm]:
        spikes = self.notes["spikes"]
        if not spikes:
            return []
        first = spikes[0]
        return [
            Alarm(
                "loss_spike",
                min(first["epoch"], epochs),
                f"the train loss jumped {len(spikes)}×, first at step {first['step']} from {first['usual']:.3g} to "
                f"{first['loss']:.3g}",
                "lower finetune.learning_rate or finetune.max_gradient_norm, or raise finetune.batch_tokens",
            )
        ]


def _zeros(training: "Training") -> "Tensor":
    """The outputs of a model that knows nothing, for the held-out rows."""
    from tasks.finetune.outputs import empty_outputs

    return empty_outputs(training.target, training.val.examples.truth, training.model.head.out_features)


def _even_guess(training: "Training") -> float:
    """What a row costs in training if nothing is known of it."""
    return float(training.target.losses(_zeros(training), training.val.examples.truth, training.settings.loss).mean())


def _chance(training: "Training") -> float:
    """The val loss if nothing is known of any row."""
    return training.target.val_scores(_zeros(training), training.val.examples.truth, training.classes)["val_loss"]


def _error_of_mean(training: "Training", outputs: "Tensor") -> float:
    """The standard error of the rows' mean loss, without smoothing or focus; 0 for a single row."""
    from tasks.finetune.losses.base import Loss

    losses = training.target.losses(outputs, training.val.examples.truth, Loss()).double()
    return float(losses.std(correction=1)) / math.sqrt(len(losses)) if len(losses) > 1 else 0.0
