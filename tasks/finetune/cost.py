"""Memory and time of a training, before it starts: orders of magnitude, not promises."""

import time
from dataclasses import dataclass

import torch

from tasks.finetune.settings import FinetuneSettings
from tasks.model.device import cpu_threads, pick_device, pick_dtype
from tasks.model.strategies.feature_extraction import FeatureExtraction

EFFICIENCY = 0.2
"""Share of the measured matrix-multiply speed that a training step of short texts reaches; see `make bench`."""
ACTIVATIONS_PER_TOKEN_AND_LAYER = 34
"""Values kept for backward, in units of the hidden width (Korthikanti et al. 2022, eq. 1, without attention)."""


@dataclass(frozen=True)
class Cost:
    """What a training takes, estimated."""

    memory_gigabytes: float
    seconds: float
    checkpointing_saves_gigabytes: float
    """What finetune.gradient_checkpointing takes off the memory, or would."""
    cache_gigabytes: float
    matrix_gigaflops_per_second: float
    """Measured just now on this machine, on one layer's shape."""


def estimate_cost(
    *,
    layer_parameters: int,
    layers: int,
    frozen: int,
    kept: bool,
    total: int,
    trainable: int,
    rows: int,
    tokens: int,
    width: int,
    dtype_bytes: int,
    threads: int,
    finetune: FinetuneSettings,
) -> Cost:
    """Two operations a parameter and token forward, twice that backward above the lowest layer that learns.

    rows and tokens: of the train side.
    """
    without_loop = isinstance(finetune.strategy, FeatureExtraction)
    penalties = () if without_loop else finetune.penalties
    epochs = 0 if without_loop else finetune.epochs
    learning = layers - frozen
    forward = 2 * layer_parameters * tokens
    once = forward * (frozen if kept and not without_loop else layers)
    at_start = sum(min(1.0, each.rows_at_start / rows) for each in penalties)  # from the embeddings up, by every layer
    passes = 1 + sum(each.passes for each in penalties)
    forwards = 4 if finetune.gradient_checkpointing else 3
    per_epoch = passes * forward * (forwards * learning + (0 if kept else frozen))
    speed = measured_speed(width, finetune, threads)
    unit = 0 if without_loop else finetune.batch_tokens * width * dtype_bytes
    whole = unit * ACTIVATIONS_PER_TOKEN_AND_LAYER * learning
    least = min(whole, unit * (ACTIVATIONS_PER_TOKEN_AND_LAYER + learning))  # one layer, and what enters each
    held = 1 + sum(each.held_passes for each in penalties)
    copies = sum(each.held_copies for each in penalties)
    activations = held * (least if finetune.gradient_checkpointing else whole)
    cache = tokens * width * dtype_bytes if kept and not without_loop else 0
    return Cost(
        memory_gigabytes=round((total * 4 + trainable * (12 + 4 * copies) + activations + cache) / 1e9 + 0.4, 2),
        seconds=round(
            (once + at_start * forward * (layers + 2 * learning) + per_epoch * epochs) / (speed * EFFICIENCY), 1
        ),
        checkpointing_saves_gigabytes=round((whole - least) / 1e9, 3),
        cache_gigabytes=round(cache / 1e9, 3),
        matrix_gigaflops_per_second=round(speed / 1e9, 1),
    )


def measured_speed(width: int, finetune: FinetuneSettings, threads: int) -> float:
    """Floating-point operations a second of (1024, D) × (D, 4D) products, the shape of a layer's widest map."""
    device = pick_device()
    dtype = pick_dtype(finetune.precision, device)
    left = torch.ones(1024, width, dtype=dtype, device=device)
    right = torch.ones(width, 4 * width, dtype=dtype, device=device)
    with cpu_threads(threads):
        left @ right
        started = time.perf_counter()
        for _ in range(20):
            product = left @ right
        float(product[0, 0])  # waits for an accelerator
        return 20 * 2 * left.numel() * right.shape[1] / (time.perf_counter() - started)
