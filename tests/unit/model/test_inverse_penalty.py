"""How closely a logistic regression fits is chosen on rows that were held out."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tasks.model import inverse_penalty
from tasks.model.inverse_penalty import (
    FOLDS,
    GRID,
    UNSURE,
    InversePenalty,
    choose_inverse_penalty,
    logistic_path,
    to_length_one,
)


def rows_of(noise: float, count: int = 120, width: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features that point along their label, and in `noise` times as many other directions."""
    draw = np.random.default_rng(seed)
    numbers = np.arange(count) % 3
    features = np.eye(3, width, dtype=np.float32)[numbers] + noise * draw.normal(size=(count, width)).astype(np.float32)
    return features, numbers


def chosen(features: np.ndarray, labels: np.ndarray, **more: Any) -> InversePenalty:
    return choose_inverse_penalty(logistic_path(features, labels), labels, **{"seed": 0, **more})


def test_clean_rows_are_fitted_closely_and_noisy_ones_loosely() -> None:
    assert chosen(*rows_of(0.05)).value == GRID[-1]
    assert chosen(*rows_of(2.0)).value == GRID[0]


def test_the_chosen_one_has_the_lowest_log_loss_of_a_fit_made_elsewhere() -> None:
    """Ten times as many rows, drawn anew, agree to a step of the grid."""
    features, labels = rows_of(0.5)
    found = chosen(features, labels)
    others, truth = rows_of(0.5, count=1_200, seed=1)
    losses = []
    for value in GRID:
        fitted = LogisticRegression(C=value, max_iter=1_000).fit(to_length_one(features), labels)
        losses.append(-np.log(fitted.predict_proba(to_length_one(others))[np.arange(len(truth)), truth]).mean())
    assert abs(int(np.argmin(losses)) - GRID.index(found.value)) <= 1
    assert found.losses[found.value] == min(found.losses.values())
    assert found.rows == 120


def test_the_same_rows_and_seed_give_the_same_choice_and_the_length_of_features_does_not_count() -> None:
    features, labels = rows_of(0.7)
    first = chosen(features, labels, seed=3)
    assert chosen(features, labels, seed=3) == first
    assert chosen(features * 8, labels, seed=3).value == first.value


def test_rows_made_of_one_row_are_held_out_together_and_counted_once() -> None:
    """Random labels: a copy of a held-out row among the learned ones would make a close fit look good."""
    features, _ = rows_of(1.0, count=60, width=200)
    labels = np.random.default_rng(5).integers(0, 3, 60)
    alone = chosen(features, labels)
    parents = [str(row) for row in range(60)]
    both = np.concatenate([features, features + 1e-4])
    twice = chosen(both, np.tile(labels, 2), groups=parents * 2, is_scored=np.arange(120) < 60)
    leaking = chosen(both, np.tile(labels, 2))
    assert alone.value == GRID[0]
    assert twice.value == GRID[0]
    assert twice.rows == 60
    assert leaking.value >= 30.0


def test_folds_hold_every_label_in_turn() -> None:
    labels = np.array([0] * 50 + [1] * 5)
    folds = inverse_penalty._dealt(labels, None, seed=0)
    assert np.bincount(folds[labels == 1]).tolist() == [1] * FOLDS
    assert np.bincount(folds[labels == 0]).tolist() == [10] * FOLDS


def test_a_label_of_one_row_and_a_single_label_are_no_error() -> None:
    features, labels = rows_of(0.5, count=41)
    labels[0] = 7
    assert chosen(features, labels).rows == 40
    assert chosen(features[:2], np.array([0, 1])).value == UNSURE
    assert chosen(features[:9], np.zeros(9, int)).value == UNSURE


def test_of_many_rows_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inverse_penalty, "MOST_ROWS", 50)
    assert chosen(*rows_of(0.5)).rows == 50
