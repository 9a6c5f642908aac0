"""What every candidate may take, the same for all"""

import math
from dataclasses import dataclass

from tasks.config import Config
from tasks.errors import SettingsError
from tasks.settings import changed

WATTS = 10.0
"""Of one busy core, if nobody says better: a guess for a server's, about half of a desktop's."""
OVER = 1.5
"""So many times the CPU-seconds allowed are too many."""


@dataclass(frozen=True)
class Budget:
    """Epochs, CPU-seconds, or an energy that is an estimate: CPU-seconds × watts."""

    epochs: int | None = None
    seconds: float | None = None
    energy: float | None = None
    """Watt-hours."""
    watts: float = WATTS
    """Of one busy core."""

    @property
    def cpu_seconds(self) -> float | None:
        """Where the clock ends a training; None if epochs do."""
        return self.energy * 3600 / self.watts if self.energy is not None else self.seconds

    @property
    def words(self) -> str:
        """For the report."""
        if self.energy is not None:
            estimate = f"estimated as {self.cpu_seconds:g} CPU-seconds at {self.watts:g} W a core"
            return f"at most {self.energy:g} Wh each, {estimate}"
        return (
            f"at most {self.seconds:g} CPU-seconds each" if self.seconds is not None else f"{self.epochs} epochs each"
        )

    def is_over(self, cpu_seconds: float) -> bool:
        """Whether a training took far more than allowed: what has no steps cannot be stopped."""
        return self.cpu_seconds is not None and cpu_seconds > OVER * self.cpu_seconds

    def counted(self, cpu_seconds: float) -> float:
        """What a training's CPU time counts for: whoever spent the budget took the same, and the rest is no merit."""
        allowed = self.cpu_seconds
        if allowed is None or cpu_seconds < allowed or self.is_over(cpu_seconds):
            return cpu_seconds
        return allowed

    def watt_hours(self, cpu_seconds: float) -> float:
        """The energy of so much CPU time, estimated."""
        return cpu_seconds * self.watts / 3600


def make_budget(
    config: Config, *, epochs: int | None, seconds: float | None, energy: float | None, watts: float = WATTS
) -> Budget:
    """The one that is given, or the epochs of params.yaml. Raises SettingsError if several are, or one is no amount."""
    given = {"--epochs": epochs, "--seconds": seconds, "--energy": energy}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise SettingsError(f"{' and '.join(named)}: a budget is one of them. Drop the other.")
    wrong = [
        name for name, value in {**given, "--watts": watts}.items() if value is not None and not 0 < value < math.inf
    ]
    if wrong:
        raise SettingsError(f"{wrong[0]} must be a number above 0.")
    return Budget(epochs if named else config.finetune.epochs, seconds, energy, watts)


def under(budget: Budget, config: Config, seed: int) -> Config:
    """The settings of one training: the budget's epochs, and the seed."""
    epochs = config.finetune.epochs if budget.epochs is None else budget.epochs
    return changed(config, finetune=changed(config.finetune, epochs=epochs, seed=seed))
