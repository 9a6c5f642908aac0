"""The machine's matrix-multiply speed on the widest product of a layer, in each precision."""

import time

import torch
from torch.nn import functional as F

from tests.bench.turn import Turn

TOKENS, WIDTH, REPEATS = 1024, 384, 40
SHAPE = f"({TOKENS}, {WIDTH}) × ({WIDTH}, {4 * WIDTH}), the best of the rounds"


def play(turn: Turn, *, rounds: int, threads: int) -> None:
    """A turn measures each precision once."""
    del threads
    best = {"float32": 0.0, "bfloat16": 0.0}
    for _ in range(rounds):
        turn.begin()
        for name in best:
            best[name] = max(best[name], _speed(getattr(torch, name)))
        turn.end(REPEATS)
    turn.finish(gigaflops=best, shape=SHAPE)


def _speed(dtype: torch.dtype) -> float:
    """10⁹ floating-point operations a CPU-second."""
    rows, weights = torch.randn(TOKENS, WIDTH).to(dtype), torch.randn(4 * WIDTH, WIDTH).to(dtype)
    F.linear(rows, weights)
    started = time.process_time()
    for _ in range(REPEATS):
        F.linear(rows, weights)
    return REPEATS * 2 * TOKENS * WIDTH * 4 * WIDTH / (time.process_time() - started) / 1e9
