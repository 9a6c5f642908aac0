"""Scores of the held-out rows, against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from sklearn.utils.class_weight import compute_class_weight

from tasks.targets.label import LabelTarget, macro_f1


def test_macro_f1_is_scikit_learns() -> None:
    labels, predicted = torch.tensor([0, 0, 1, 1, 2, 2, 2]), torch.tensor([0, 1, 1, 1, 2, 0, 2])
    assert macro_f1(predicted, labels, 3) == pytest.approx(f1_score(labels, predicted, average="macro"))


def test_a_label_that_does_not_occur_is_left_out() -> None:
    assert macro_f1(torch.tensor([0, 1]), torch.tensor([0, 1]), 5) == 1.0


def test_balanced_weights_are_scikit_learns() -> None:
    labels = torch.tensor([0, 0, 0, 1])
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels.numpy())
    weights = LabelTarget().row_weights(labels, 2, "balanced")
    assert weights.tolist() == pytest.approx(expected[labels.numpy()].tolist())


def test_scores_of_certain_and_right_logits() -> None:
    scores = LabelTarget().val_scores(torch.tensor([[50.0, 0.0], [0.0, 50.0]]), torch.tensor([0, 1]), ("a", "b"))
    assert scores == pytest.approx({"val_loss": 0.0, "val_accuracy": 1.0, "val_score": 1.0, "val_macro_f1": 1.0})
