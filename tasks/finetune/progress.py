"""How far a training is: all that the loop changes, apart from weights and optimizer."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from tasks.finetune.outputs import cool_head
from tasks.targets import Decision, Target

Epoch = dict[str, float]
"""Numbers of one epoch: epoch, train_loss, penalty (if any), rate, val_loss, val_score and the target's own val_…"""


@dataclass
class Progress:
    """A training's place, its history and its best weights so far."""

    step: int = 0
    epoch: int = 0
    position: int = 0
    """Steps done in the epoch under way."""
    loss_sum: float = 0.0
    penalty_sum: float = 0.0
    weight_sum: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    """Weights after the best epoch."""
    temperature: float = 1.0
    """What the outputs were divided by at the end."""
    decision: Decision = field(default_factory=dict)
    """What turns outputs into answers, see tasks.targets."""
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each monitor remembers, by its kind."""

    def numbers(self) -> dict[str, Any]:
        """All but the weights, for a checkpoint."""
        return {key: value for key, value in vars(self).items() if key != "best"}

    def add(self, loss: float, penalty: float, weight: float) -> None:
        """Note a step: its mean loss, what was added to that, and the weight of its rows."""
        self.step += 1
        self.position += 1
        self.loss_sum += loss * weight
        self.penalty_sum += penalty * weight
        self.weight_sum += weight

    def means(self) -> Epoch:
        """The epoch's mean train_loss, and penalty if there was any."""
        means = {"train_loss": self.loss_sum / self.weight_sum}
        return means | ({"penalty": self.penalty_sum / self.weight_sum} if self.penalty_sum else {})

    def end_epoch(self, numbers: Epoch, weights: dict[str, Tensor]) -> None:
        """Note an epoch; keep its weights if its val score is the best yet (then: if its val loss is lower)."""
        self.history.append(numbers)
        if numbers is max(self.history, key=lambda each: (each["val_score"], -each["val_loss"])):
            self.best_epoch = int(numbers["epoch"])
            self.best = {name: tensor.clone() for name, tensor in weights.items()}
        self.epoch += 1
        self.position = 0
        self.loss_sum = self.penalty_sum = self.weight_sum = 0.0

    def finish(self, target: Target, outputs: Tensor, truth: Tensor, *, calibrate: bool) -> None:
        """Fit what val tells of the best weights: the temperature, put into the head, and what makes answers.

        outputs: of the best weights, on val.
        """
        if calibrate:
            self.temperature = target.fit_temperature(outputs, truth)
            self.best = cool_head(self.best, self.temperature)
        self.decision = target.decide(outputs / self.temperature, truth)

    def is_out_of_patience(self, patience: int) -> bool:
        """Whether `patience` epochs in a row were no better than the best; never if patience is 0."""
        return patience > 0 and self.epoch - self.best_epoch >= patience
