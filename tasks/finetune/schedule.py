"""How fast each depth learns, and when: rate = peak × depth factor × schedule."""

import math


def schedule(step: int, steps: int, warmup_fraction: float, decay: str) -> float:
    """The multiplier of every rate at `step` (0-based) of `steps`: a rise from 0 to 1, then the decay to 0.

    linear: 1 − t, cosine: (1 + cos πt) / 2, constant: 1, with t the share of the steps after the warm-up. Step s is
    taken at its end, so the first step of a warm-up is not wasted at 0.
    """
    warmup = math.ceil(steps * warmup_fraction)
    if step < warmup:
        return (step + 1) / warmup
    t = (step - warmup) / max(1, steps - warmup)
    return {"linear": 1 - t, "cosine": (1 + math.cos(math.pi * t)) / 2, "constant": 1.0}[decay]


def depth_factor(depth: int, layers: int, layer_decay: float) -> float:
    """layer_decay to the power of the distance from the top layer; final norms (depth L + 1) count as the top."""
    return float(layer_decay ** max(0, layers - depth))
