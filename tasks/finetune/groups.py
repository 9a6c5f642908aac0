"""Parameters → optimizer groups, one for each depth and kind."""

from typing import Any

import torch

from tasks.finetune.settings import FinetuneSettings
from tasks.model.classifier import Classifier, parameter_depths
from tasks.model.encoder import layer_stack


def peak_rate(settings: FinetuneSettings, depth: int, layers: int) -> float:
    """The highest rate that a depth gets: the head's own, or the base's times its depth factor."""
    if depth == layers + 2:
        return settings.head_learning_rate
    rate = settings.strategy.learning_rate if settings.learning_rate is None else settings.learning_rate
    return rate * depth_factor(depth, layers, settings.layer_decay)


def depth_factor(depth: int, layers: int, layer_decay: float) -> float:
    """layer_decay to the power of the distance from the top layer; final norms (depth L + 1) count as the top."""
    return float(layer_decay ** max(0, layers - depth))


def parameter_groups(model: Classifier, settings: FinetuneSettings) -> list[dict[str, Any]]:
    """AdamW's groups: by depth and factor, matrices (which decay) apart from biases and norms (which do not).

    All that may ever learn is in a group from the start; what is frozen has no gradient, and AdamW passes it over.
    """
    layers = len(layer_stack(model.encoder))
    depths = parameter_depths(model)
    groups: dict[tuple[int, float, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        if name not in model.learnable:
            continue
        decays = sum(size > 1 for size in parameter.shape) > 1  # a column of factors is no matrix
        factor = settings.strategy.rate_factor(name)
        key = (depths[name], factor, decays)
        if key not in groups:
            rate = peak_rate(settings, depths[name], layers) * factor
            decay = settings.weight_decay if decays else 0.0
            groups[key] = {"params": [], "depth": depths[name], "lr": rate, "weight_decay": decay}
            groups[key]["peak"] = rate
        groups[key]["params"].append(parameter)
    return [groups[key] for key in sorted(groups)]


def make_optimizer(model: Classifier, settings: FinetuneSettings, device: torch.device) -> torch.optim.AdamW:
    """AdamW over what learns (Loshchilov & Hutter 2019), in one fused kernel where the device has it."""
    return torch.optim.AdamW(parameter_groups(model, settings), fused=device.type in ("cpu", "cuda"))
