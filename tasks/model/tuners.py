"""PEFT's tuners put into a base, and folded away again."""

from typing import Any

from torch import nn


def fold(encoder: nn.Module, kind: type[Any]) -> None:
    """Merge every tuner layer of a PEFT class into the module that it wraps, in place, and leave only that."""
    for parent in list(encoder.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, kind):
                child.merge()
                setattr(parent, name, child.get_base_layer())
