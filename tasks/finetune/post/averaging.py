"""Where weights can be averaged: averaging them must be averaging models of one and the same shape."""

from collections.abc import Sequence
from typing import Any

from tasks.errors import SettingsError
from tasks.model.strategies.full import Full


def averaged_strategy(kind: str, strategies: Sequence[Any]) -> Any:
    """The strategy that an average over models of these strategies is saved as.

    Where all learned the same weights of the base's own, it is theirs. Else every model is folded into the base's own
    weights first, and the average of whole models is `full`. A product of factors is not averaged by averaging the
    factors, so the factors of LoRA are never taken as they are. Raises SettingsError where nothing can be folded.
    """
    staying = sorted({each.kind for each in strategies if each.learns_in == "added"})
    if staying:
        raise SettingsError(
            f"finetune.post: {kind} averages weights, but what {', '.join(staying)} learns stays beside the base's own "
            "weights, where an average of weights is no average of models. Take a strategy that learns the base's own "
            "weights (full, partial, bitfit) or merges into them (lora, dora, vera, ia3, ln_tuning), or post ensemble."
        )
    first = strategies[0]
    return first if first.learns_in == "own" and all(each == first for each in strategies) else Full()
