"""Which of the processes that `accelerate launch` or `torchrun` started for one training this is, and of how many."""

import os

from tasks.errors import SetupError

_ALONE = "cmd: python -m tasks finetune"
_LAUNCH = (
    "python -m accelerate.commands.launch --multi_gpu --num_processes {processes} --num_machines 1 "
    "--mixed_precision no --dynamo_backend no -m tasks finetune"
)
"""Without an accelerator it starts processes on the CPU, too. The precision is finetune.precision's own."""


def rank() -> int:
    """0 for the one that writes files and tracks; also without a launcher."""
    return int(os.environ.get("RANK", "0"))


def process_count() -> int:
    """1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def launch_finetune(pipeline: str, processes: int) -> str:
    """A dvc.yaml, as text, whose stage finetune trains in so many processes. Raises SetupError if it has none."""
    if processes == 1:
        return pipeline
    if _ALONE not in pipeline:
        raise SetupError(f"dvc.yaml has no line `{_ALONE}`, so it cannot be made again by {processes} processes.")
    return pipeline.replace(_ALONE, f"cmd: {_LAUNCH.format(processes=processes)}")
