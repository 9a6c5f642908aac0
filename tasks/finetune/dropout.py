"""Dropout as the settings say."""

from torch import nn


def set_dropout(model: nn.Module, probability: float | None) -> None:
    """Set every dropout of the base to `probability`, in place; None leaves the base's own. LoRA's own stays."""
    if probability is None:
        return
    for name, module in model.named_modules():
        if "lora_" in name:
            continue
        if isinstance(module, nn.Dropout):
            module.p = probability
        for attribute in ("dropout_prob", "attention_dropout"):  # attention keeps its probability as a number
            if isinstance(getattr(module, attribute, None), float):
                setattr(module, attribute, probability)
