"""`python -m tests.bench.sides SIDE OPTIONS`: one side of a comparison, in a process of its own."""

import json
import sys
from importlib import import_module

from tasks.offline import set_switches
from tests.bench.turn import Turn

if __name__ == "__main__":
    set_switches()
    turn, options = Turn(), json.loads(sys.argv[2])
    import torch

    torch.set_num_threads(options["threads"])
    import_module(f"tests.bench.sides.{sys.argv[1]}").play(turn, **options)
