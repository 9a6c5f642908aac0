"""What every thaw is: the epochs so far → how many of the top layers learn next."""

from collections.abc import Mapping, Sequence

from tasks.settings import settings

Epoch = Mapping[str, float]


@settings
class Thaw:
    """All that the strategy lets learn does so from the first step."""

    def top_layers(self, layers: int, history: Sequence[Epoch]) -> int:  # noqa: ARG002
        """How many layers, counted from the top, learn in the epoch after `history`; `layers` + 1: the embeddings too.

        history: the numbers of each epoch that is done. It is part of every checkpoint, so that a resumed training
        thaws as if it had never stopped; nothing else may decide.
        """
        return layers + 1

    @property
    def is_moving(self) -> bool:
        """Whether the number of learning layers can change while training."""
        return False


def front(top_layers: int, layers: int) -> int:
    """The lowest depth that learns: 0 embeddings, 1 … L layers, L + 2 head. Final norms join with the top layer."""
    if top_layers <= 0:
        return layers + 2
    return max(0, layers + 1 - top_layers)
