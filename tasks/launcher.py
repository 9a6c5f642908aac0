"""Which of the processes that `accelerate launch` or `torchrun` started for one training this is, and of how many."""

import os


def rank() -> int:
    """0 for the one that writes files and tracks; also without a launcher."""
    return int(os.environ.get("RANK", "0"))


def process_count() -> int:
    """1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))
