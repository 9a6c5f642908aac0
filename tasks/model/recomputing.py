"""Gradient checkpointing: layers keep what enters them, and compute the rest again when gradients are wanted."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tasks.errors import SettingsError
from tasks.model.encoder import layer_stack
from tasks.model.kernels import QuickKernels
from tasks.model.strategies.base import Strategy


def recompute_layers(encoder: Any, strategy: Strategy) -> None:
    """Let each layer that learns be computed again in the backward pass, in place. Chen et al. 2016, arXiv 1604.06174.

    transformers' own, in torch's non-reentrant form: random state, autocast and kernels are as in the first pass, so
    that gradients are, too. Raises SettingsError if the base cannot, or if the strategy would lose its keys and values.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    if not all(isinstance(layer, GradientCheckpointingLayer) for layer in layer_stack(encoder)):
        raise SettingsError(
            f"finetune.gradient_checkpointing: the base ({type(encoder).__name__}) cannot compute its layers again. "
            "Set it to false, or take another base."
        )
    if "past keys and values" in strategy.needs:
        raise SettingsError(
            f"finetune.gradient_checkpointing: {getattr(strategy, 'kind', 'the strategy')} hands layers keys and "
            "values, which the base leaves out where it computes layers again. Set it to false, or change the strategy."
        )
    encoder.activation_checkpointing_enable({"use_reentrant": False, "context_fn": _kernels})
    encoder.disable_input_require_grads()  # only the reentrant form needs them; frozen layers would compute gradients


def _kernels() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """What surrounds the first pass, which the classifier sees to, and the second. Without it dropout would differ."""
    return nullcontext(), QuickKernels()
