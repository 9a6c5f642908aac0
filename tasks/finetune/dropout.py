"""Dropout as the settings say."""

from collections.abc import Iterator

from torch import nn

from tasks.model.classifier import Classifier, train_mode


def set_dropout(model: nn.Module, probability: float | None) -> None:
    """Set every dropout of the base to `probability`, in place; None leaves the base's own. LoRA's own stays."""
    if probability is None:
        return
    for module, attribute in _places(model):
        setattr(module, attribute, probability)


def dropout_probabilities(model: nn.Module) -> list[float]:
    """The different probabilities that the model's dropouts have."""
    return sorted({float(getattr(module, attribute)) for module, attribute in _places(model)})


def drops_out(model: Classifier) -> bool:
    """Whether anything is dropped out in training; what strategies add is asked, too. Leaves the model in that mode."""
    train_mode(model)
    return any(module.training and getattr(module, name) > 0 for module, name in _places(model, with_added=True))


def _places(model: nn.Module, *, with_added: bool = False) -> Iterator[tuple[nn.Module, str]]:
    for name, module in model.named_modules():
        if "lora_" in name and not with_added:
            continue
        if isinstance(module, nn.Dropout):
            yield module, "p"
        for attribute in ("dropout_prob", "attention_dropout"):  # attention may keep its probability as a number
            if isinstance(getattr(module, attribute, None), float):
                yield module, attribute
