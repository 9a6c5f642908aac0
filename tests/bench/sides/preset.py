"""A preset: a round is a whole training, with whatever it stores computed anew."""

import resource
import shutil
from pathlib import Path
from typing import Any

import peft  # noqa: F401 - so that all sides start with the same libraries in memory
import psutil
import torch
from pydantic import TypeAdapter

from tasks.finetune import stage
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import prepare
from tasks.finetune.watching import Watch
from tasks.model.device import cpu_threads
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.paths import Paths
from tests.bench.turn import Turn
from tests.bench.workspace import repository_base


def play(turn: Turn, *, workspace: str, settings: dict[str, Any], rounds: int, threads: int) -> None:
    """Each turn trains with the default settings but those given; loading and tokenising are not counted."""
    chosen: FinetuneSettings = TypeAdapter(FinetuneSettings).validate_python(settings | {"checkpoint_steps": 10_000})
    paths, base = Paths(Path(workspace)), repository_base(threads)
    before = psutil.Process().memory_info().rss
    with_loop = not isinstance(chosen.strategy, FeatureExtraction)
    for _ in range(rounds):
        with cpu_threads(threads):
            torch.manual_seed(chosen.seed)
            start = prepare(paths, chosen, base)
            shutil.rmtree(paths.cache)
            turn.begin()
            (stage._fit_layers if with_loop else stage._fit_head)(start, Watch(None, None))
            turn.end(len(start.train.ids) * (chosen.epochs if with_loop else 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in kB
    learning = sum(p.numel() for name, p in start.model.named_parameters() if name in start.model.learnable)
    turn.finish(peak_megabytes=(peak - before) / 1e6, learning=learning)
