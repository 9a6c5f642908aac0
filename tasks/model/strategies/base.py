"""What every strategy is: a shape given to the base, and which weights learn."""

from typing import Any, ClassVar, Literal

from tasks.settings import settings


@settings
class Strategy:
    """A base of no-ops: the encoder keeps its shape and nothing but the head learns."""

    needs: ClassVar[tuple[str, ...]] = ()
    """What the base must have, in the words of tasks.model.needs."""
    is_seen_from_the_start: ClassVar[bool] = False
    """Whether a base shaped by it gives other states before anything has learned: the base's own cannot stand in."""
    compares_layers: ClassVar[bool] = False
    """Whether it weighs layers against one another by their gradients, so that all must learn from the first step."""
    learns_in: ClassVar[Literal["own", "merged", "added"]] = "added"
    """Where what learns lies: in the base's own weights, in modules that `merge` folds into those, or in modules that
    stay. Weights may be averaged (tasks.finetune.post) in the first two."""

    @property
    def learning_rate(self) -> float:
        """Peak rate of the encoder's weights when finetune.learning_rate is null."""
        return 0.0

    def reshape(self, encoder: object) -> None:
        """Add this strategy's modules to the encoder, in place. Called before weights are loaded, too."""

    def check(self, encoder: Any, longest: int) -> None:
        """Raise SettingsError if the reshaped encoder cannot take texts of `longest` tokens."""

    def trains(self, name: str, depth: int, layers: int) -> bool:  # noqa: ARG002
        """Whether the encoder's parameter `name` learns. depth: 0 embeddings, 1 … `layers`, `layers` + 1 final norm."""
        return False

    def rate_factor(self, name: str) -> float:  # noqa: ARG002
        """How many times faster than its depth the encoder's parameter `name` learns."""
        return 1.0

    def penalty(self, encoder: Any) -> Any:  # noqa: ARG002
        """A number (a tensor) that is added once to each step's loss; None: nothing."""
        return None

    def after_step(self, encoder: Any, step: int, steps: int) -> None:
        """Change the encoder in place when `step`, counted from 1, of `steps` is done; its gradients still stand."""

    def memory(self, encoder: Any) -> dict[str, Any]:  # noqa: ARG002
        """Tensors beside the parameters that `after_step` depends on; they are part of each checkpoint."""
        return {}

    def recall(self, encoder: Any, memory: dict[str, Any]) -> None:
        """Put what `memory` gave back, in place."""

    def merge(self, encoder: object) -> None:
        """Fold added modules into the base's own weights, in place, where that leaves the outputs as they are."""
