"""The numbers of all epochs so far → what is wrong with their course, if anything is"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from tasks.finetune.monitors.base import Alarm, Epoch

WORSE = 1.25
"""A train loss this many times an earlier one has gone the wrong way, not astray by chance."""
SMALL = 0.05
"""A rise or fall of this share of what a guess costs is noise."""
SAME_SCORE = 0.005
"""Macro F1 that differs by less is the same."""
SURE = 2.0
"""A difference of so many standard errors is none of chance. They are taken as if both epochs had seen other rows: the
careful side."""


@dataclass(frozen=True)
class ValSide:
    """How far the numbers of the held-out rows can be believed."""

    rows: int
    loss_errors: Sequence[float]
    """The standard error of each epoch's val loss."""
    guessing: float
    """The val loss of an even guess."""

    def score_error(self, score: float) -> float:
        """The standard error of a share of right answers among the rows."""
        return sqrt(max(0.0, score * (1 - score)) / self.rows)


def rate_too_high(history: Sequence[Epoch], guessing: float) -> Alarm | None:
    """The train loss rose above an earlier epoch's by a quarter or more, or is no better than `guessing`."""
    for number, epoch in enumerate(history, 1):
        lowest = min((each["train_loss"] for each in history[: number - 1]), default=guessing)
        if epoch["train_loss"] > WORSE * lowest and epoch["train_loss"] > lowest + SMALL * guessing:
            return Alarm(
                "rate_too_high",
                number,
                f"the train loss is {epoch['train_loss']:.3g} in epoch {number}; "
                + (f"it had been {lowest:.3g}" if number > 1 else f"an even guess costs {guessing:.3g}"),
                "lower finetune.learning_rate (or finetune.head_learning_rate) by ten, or raise the schedule's "
                "warmup_fraction",
            )
    return None


def still_falling(history: Sequence[Epoch], share: float, planned: int) -> Alarm | None:
    """Training ended, by its number of epochs, while it still paid."""
    if len(history) < max(2, planned):
        return None
    before, last = history[-2], history[-1]
    fall = 1 - last["val_loss"] / max(1e-12, before["val_loss"])
    gain = last["val_score"] - before["val_score"]
    if fall <= share or gain <= SAME_SCORE:
        return None
    return Alarm(
        "still_falling",
        len(history),
        f"in the last epoch val loss still fell by {fall:.0%} and macro F1 rose by {gain:.3f}",
        "raise finetune.epochs, or finetune.learning_rate",
    )


def overfitting(history: Sequence[Epoch], share: float, val: ValSide) -> Alarm | None:
    """Val loss rises, and surely so, while train loss falls, and it does harm.

    A loss that rises alone does none: the model grows surer of the same answers, the best epoch's weights are kept, and
    the temperature takes the sureness back. It does harm where macro F1 surely falls, or an even guess would cost less.
    """
    lowest = min(range(len(history)), key=lambda number: history[number]["val_loss"])
    best, last = history[lowest], history[-1]
    rise = last["val_loss"] - best["val_loss"]
    by_chance = SURE * hypot(val.loss_errors[lowest], val.loss_errors[len(history) - 1])
    if rise <= max(share * best["val_loss"], by_chance) or last["train_loss"] >= best["train_loss"]:
        return None
    harm = _harm(history, val)
    if not harm:
        return None
    first = next(
        number
        for number in range(lowest + 1, len(history))
        if history[number]["val_loss"] > (1 + share) * best["val_loss"]
    )
    return Alarm(
        "overfitting",
        first + 1,
        f"val loss has risen by {rise / max(1e-12, best['val_loss']):.0%} since epoch {lowest + 1} "
        f"({best['val_loss']:.3g} → {last['val_loss']:.3g}) while train loss fell to {last['train_loss']:.3g}; {harm}",
        "lower finetune.epochs or set finetune.patience; let fewer layers learn; raise finetune.dropout or "
        "finetune.weight_decay; add rows",
    )


def _harm(history: Sequence[Epoch], val: ValSide) -> str:
    """What a rising val loss has done to the answers; "" if nothing is sure."""
    last = history[-1]
    top = max(history, key=lambda each: each["val_score"])
    before, now = top["val_score"], last["val_score"]
    if before - now > max(SAME_SCORE, SURE * hypot(val.score_error(before), val.score_error(now))):
        return f"macro F1 fell from {before:.3f} in epoch {history.index(top) + 1} to {now:.3f}"
    return f"an even guess costs {val.guessing:.3g}" if last["val_loss"] > val.guessing else ""


def plateau(history: Sequence[Epoch], epochs: int, guessing: float) -> Alarm | None:
    """So many epochs at the end brought nothing: no lower val loss, no better macro F1, and train loss stood still too.

    As long as train loss falls, what a small val side does not show may still be there. guessing: as in rate_too_high.
    """
    loss, score, gained = float("inf"), -1.0, 0
    for number, epoch in enumerate(history, 1):
        if epoch["val_loss"] < 0.99 * loss or epoch["val_score"] > score + SAME_SCORE:
            gained = number
        loss, score = min(loss, epoch["val_loss"]), max(score, epoch["val_score"])
    if len(history) - gained < epochs:
        return None
    before, now = history[gained - 1]["train_loss"], history[-1]["train_loss"]
    if before - now > SMALL * guessing:
        return None
    return Alarm(
        "plateau",
        gained,
        f"the {len(history) - gained} epochs after epoch {gained} brought neither a lower val loss nor more macro F1, "
        f"and train loss went from {before:.3g} to {now:.3g} alone",
        "lower finetune.epochs or set finetune.patience; if the score is too low, another strategy or more rows",
    )
