"""What every candidate may take, the same for all"""

import math
from dataclasses import dataclass

from tasks.config import Config
from tasks.errors import SettingsError
from tasks.settings import changed

OVER = 1.5
"""So many times the CPU-seconds allowed are too many."""


@dataclass(frozen=True)
class Budget:
    """Epochs, or CPU-seconds."""

    epochs: int | None = None
    seconds: float | None = None
    """CPU-seconds: where the clock ends a training; None if epochs do."""

    @property
    def words(self) -> str:
        """For the report."""
        if self.seconds is not None:
            return f"at most {self.seconds:g} CPU-seconds each"
        return f"{self.epochs} epochs each"

    def is_over(self, cpu_seconds: float) -> bool:
        """Whether a training took far more than allowed: what has no steps cannot be stopped."""
        return self.seconds is not None and cpu_seconds > OVER * self.seconds

    def counted(self, cpu_seconds: float) -> float:
        """What a training's CPU time counts for: whoever spent the budget took the same, and the rest is no merit."""
        allowed = self.seconds
        if allowed is None or cpu_seconds < allowed or self.is_over(cpu_seconds):
            return cpu_seconds
        return allowed


def make_budget(config: Config, *, epochs: int | None, seconds: float | None) -> Budget:
    """The one that is given, or the epochs of params.yaml. Raises SettingsError if both are, or one is no amount."""
    if epochs is not None and seconds is not None:
        raise SettingsError("--epochs and --seconds: a budget is one of them. Drop the other.")
    for name, value in (("--epochs", epochs), ("--seconds", seconds)):
        if value is not None and not 0 < value < math.inf:
            raise SettingsError(f"{name} must be a number above 0.")
    return Budget(config.finetune.epochs if epochs is None and seconds is None else epochs, seconds)


def under(budget: Budget, config: Config, seed: int) -> Config:
    """The settings of one training: the budget's epochs, and the seed."""
    epochs = config.finetune.epochs if budget.epochs is None else budget.epochs
    return changed(config, finetune=changed(config.finetune, epochs=epochs, seed=seed))
