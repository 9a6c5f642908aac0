"""Logits of the held-out rows → the numbers that steer training."""

import torch
from torch import Tensor
from torch.nn import functional as F


def val_scores(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """val_loss, val_accuracy and val_macro_f1. logits: (N, C), labels: (N,)."""
    predicted = logits.argmax(-1)
    return {
        "val_loss": float(F.cross_entropy(logits, labels)),
        "val_accuracy": float((predicted == labels).float().mean()),
        "val_macro_f1": macro_f1(predicted, labels, logits.shape[1]),
    }


def macro_f1(predicted: Tensor, labels: Tensor, label_count: int) -> float:
    """The mean over labels of 2·hits / (predicted + true); labels that are neither predicted nor true are left out."""
    hits = torch.bincount(labels[predicted == labels], minlength=label_count).double()
    total = (torch.bincount(predicted, minlength=label_count) + torch.bincount(labels, minlength=label_count)).double()
    return float((2 * hits[total > 0] / total[total > 0]).mean())


def label_weights(labels: Tensor, label_count: int, kind: str) -> Tensor:
    """A weight for each label, (C,): 1, or "balanced": N / (C · the label's rows), so that all count the same."""
    if kind == "none":
        return torch.ones(label_count)
    return len(labels) / (label_count * torch.bincount(labels, minlength=label_count).clamp(min=1).float())
