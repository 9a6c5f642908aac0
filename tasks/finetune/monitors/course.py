"""The numbers of all epochs so far → what is wrong with their course, if anything is"""

from collections.abc import Sequence

from tasks.finetune.monitors.base import Alarm, Epoch

WORSE = 1.25
"""A train loss this many times an earlier one has gone the wrong way, not astray by chance."""
SMALL = 0.05
"""A rise of this share of what a guess costs is noise."""
SAME_SCORE = 0.005
"""Macro F1 that differs by less is the same."""


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
    gain = last["val_macro_f1"] - before["val_macro_f1"]
    if fall <= share or gain <= SAME_SCORE:
        return None
    return Alarm(
        "still_falling",
        len(history),
        f"in the last epoch val loss still fell by {fall:.0%} and macro F1 rose by {gain:.3f}",
        "raise finetune.epochs, or finetune.learning_rate",
    )


def overfitting(history: Sequence[Epoch], share: float) -> Alarm | None:
    """Val loss rises while train loss falls, and macro F1 has gained nothing by it."""
    lowest = min(range(len(history)), key=lambda number: history[number]["val_loss"])
    best, last = history[lowest], history[-1]
    rise = last["val_loss"] / max(1e-12, best["val_loss"]) - 1
    gain = last["val_macro_f1"] - best["val_macro_f1"]
    if rise <= share or gain > SAME_SCORE or last["train_loss"] >= best["train_loss"]:
        return None
    first = next(
        number
        for number in range(lowest + 1, len(history))
        if history[number]["val_loss"] > (1 + share) * best["val_loss"]
    )
    return Alarm(
        "overfitting",
        first + 1,
        f"val loss has risen by {rise:.0%} since epoch {lowest + 1} ({best['val_loss']:.3g} → {last['val_loss']:.3g}) "
        f"while train loss fell to {last['train_loss']:.3g}; macro F1 gained nothing",
        "lower finetune.epochs or set finetune.patience; let fewer layers learn; raise finetune.dropout or "
        "finetune.weight_decay; add rows",
    )


def plateau(history: Sequence[Epoch], epochs: int) -> Alarm | None:
    """So many epochs at the end brought nothing."""
    loss, score, gained = float("inf"), -1.0, 0
    for number, epoch in enumerate(history, 1):
        if epoch["val_loss"] < 0.99 * loss or epoch["val_macro_f1"] > score + SAME_SCORE:
            gained = number
        loss, score = min(loss, epoch["val_loss"]), max(score, epoch["val_macro_f1"])
    if len(history) - gained < epochs:
        return None
    return Alarm(
        "plateau",
        gained,
        f"the {len(history) - gained} epochs after epoch {gained} brought neither a lower val loss nor more macro F1",
        "lower finetune.epochs or set finetune.patience; if the score is too low, another strategy or more rows",
    )
