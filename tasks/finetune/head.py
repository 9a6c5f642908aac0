"""A linear head on fixed features."""

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch import Tensor

from tasks.finetune.examples import read_examples
from tasks.finetune.start import Start
from tasks.model.inverse_penalty import FLAT as ROUGHLY_FLAT
from tasks.model.inverse_penalty import GRID, InversePenalty, Path, choose_inverse_penalty
from tasks.model.strategies.feature_extraction import FeatureExtraction

FLAT = 1e-7
"""Largest gradient of the mean loss at which the minimum counts as found."""


def fit_head(
    head: torch.nn.Linear,
    features: Tensor,
    losses: Callable[[Tensor], Tensor],
    *,
    inverse_penalty: float,
    iterations: int,
    weights: Tensor | None = None,
    after_pass: Callable[[int, float], None] | None = None,
    flat: float = FLAT,
) -> int:
    """Fit `head` in place to the minimum of the penalised loss; returns the passes over the rows it took.

    With cross-entropy it is that of scikit-learn's LogisticRegression on features u = x / √D of length 1:
    C · Σ wᵢ · lossᵢ + ½‖W‖², minimised by L-BFGS (Liu & Nocedal 1989) in float64, so that the number of threads hardly
    matters. features: (N, D) rows of length √D; losses: outputs (N, C) → each row's loss (N,); weights: (N,).
    """
    unit = (features / features.shape[1] ** 0.5).double()
    matrix = (head.weight.detach() * features.shape[1] ** 0.5).double().requires_grad_()
    bias = head.bias.detach().double().requires_grad_()
    row_weights = torch.ones(len(features), dtype=torch.float64) if weights is None else weights.double()
    scale = inverse_penalty * row_weights.sum()
    optimizer = torch.optim.LBFGS(
        [matrix, bias], max_iter=iterations, tolerance_grad=flat, tolerance_change=0, line_search_fn="strong_wolfe"
    )
    passes = 0

    def closure() -> Tensor:
        nonlocal passes
        passes += 1
        optimizer.zero_grad()
        per_row = losses(unit @ matrix.T + bias)
        loss = (per_row * row_weights).sum() / row_weights.sum() + matrix.square().sum() / (2 * scale)
        loss.backward()
        if after_pass:
            after_pass(passes, loss.item())
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        head.weight.copy_(matrix / features.shape[1] ** 0.5)
        head.bias.copy_(bias)
    return passes


def head_path(
    head: torch.nn.Linear,
    features: Tensor,
    losses: Callable[[Tensor, Tensor], Tensor],
    *,
    iterations: int,
    weights: Tensor | None,
) -> Path:
    """How heads like `head` do on rows that they have not seen, for tasks.model.inverse_penalty.

    losses: outputs of some rows, and the rows' positions → each row's loss; the others as `fit_head` takes them.
    """

    def path(learned: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, int]:
        inside, outside = torch.from_numpy(learned), torch.from_numpy(held)
        trial = deepcopy(head)
        found = []
        for value in GRID:  # each starts from the one before
            fit_head(
                trial,
                features[inside],
                lambda outputs: losses(outputs, inside),
                inverse_penalty=value,
                iterations=iterations,
                weights=None if weights is None else weights[inside],
                flat=ROUGHLY_FLAT,
            )
            with torch.no_grad():
                found.append(float(losses(trial(features[outside]).double(), outside).sum()))
        return np.array(found), len(held)

    return path


def chosen_inverse_penalty(start: Start, features: Tensor, weights: Tensor | None) -> InversePenalty:
    """What the strategy says; else what cross-validation on the train rows says.

    features, weights: of the train rows, as `fit_head` takes them. Rows that augment made are held out with the row
    that they were made from, and do not count.
    """
    strategy, target, truth = start.settings.strategy, start.target, start.target.flat(start.train.truth)
    assert isinstance(strategy, FeatureExtraction)
    if strategy.inverse_penalty is not None:
        return InversePenalty(strategy.inverse_penalty, {}, 0)
    rows, _ = read_examples(start.paths, start.settings.val_fold)
    per_row = [sum(place >= 0 for place in words) for words in start.train.ids.words or ()] or [1] * len(rows)
    parents = pc.coalesce(rows["parent_id"], rows["row_id"]).to_pylist()  # rows of val have no parent
    is_original = pc.equal(rows["row_id"], pa.chunked_array([parents])).to_numpy()
    path = head_path(
        start.model.head,
        features,
        lambda outputs, positions: target.feature_losses(outputs, truth[positions]),
        iterations=strategy.iterations,
        weights=weights,
    )
    return choose_inverse_penalty(
        path,
        np.zeros(len(features), dtype=np.int64) if truth.is_floating_point() or truth.dim() > 1 else truth.numpy(),
        start.settings.seed,
        groups=[parent for parent, count in zip(parents, per_row, strict=True) for _ in range(count)],
        is_scored=np.repeat(is_original, per_row),
    )
