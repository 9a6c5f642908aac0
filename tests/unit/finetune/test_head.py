"""The logistic head is scikit-learn's, found faster."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from tasks.finetune import stage
from tasks.finetune.head import fit_head
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.start import prepare
from tasks.finetune.watching import Watch
from tasks.model.features import text_features
from tasks.model.inverse_penalty import GRID, choose_inverse_penalty, logistic_path
from tasks.model.settings import BaseSettings
from tasks.model.strategies.feature_extraction import FeatureExtraction
from tasks.paths import Paths
from tasks.table import AUGMENTED, read_table, write_rows
from tasks.targets import LabelTarget
from tests.unit.finetune.test_loop import uneven


def cross_entropy(labels: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda outputs: LabelTarget().feature_losses(outputs, labels)


def test_the_head_is_scikit_learns_logistic_regression() -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(90) % 3
    features = torch.nn.functional.normalize(
        torch.randn(90, 8, generator=generator) + torch.nn.functional.one_hot(labels, 8), dim=-1
    )
    theirs = LogisticRegression(C=5.0, max_iter=1000, tol=1e-8).fit(features.numpy(), labels.numpy())
    head = torch.nn.Linear(8, 3)
    fit_head(head, features * 8**0.5, cross_entropy(labels), inverse_penalty=5.0, iterations=500)
    ours = head(features * 8**0.5).softmax(-1).detach().numpy()
    np.testing.assert_allclose(ours, theirs.predict_proba(features.numpy()), atol=2e-3)


def test_row_weights_pull_towards_the_heavy_label() -> None:
    features = torch.ones(10, 4)
    labels = torch.tensor([0] * 9 + [1])
    shares = []
    for weights in (None, torch.tensor([1.0] * 9 + [9.0])):
        head = torch.nn.Linear(4, 2)
        fit_head(head, features, cross_entropy(labels), inverse_penalty=100.0, iterations=100, weights=weights)
        shares.append(head(features[:1]).softmax(-1)[0, 1].item())
    np.testing.assert_allclose(shares, [0.1, 0.5], atol=0.01)


def test_feature_extraction_fits_the_head_with_the_row_weights_that_were_asked_for(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = FinetuneSettings(
        strategy=FeatureExtraction(inverse_penalty=30.0), class_weights="balanced", calibrate=False
    )
    start = prepare(uneven(learnable), settings, tiny_base)
    assert len(set(start.row_weights.tolist())) == 2
    progress = stage._fit_head(start, Watch(None, None))
    features = torch.from_numpy(text_features(start.train.texts, tiny_base, learnable))
    head = torch.nn.Linear(32, 3)
    fit_head(
        head,
        features,
        cross_entropy(start.train.truth),
        inverse_penalty=30.0,
        iterations=1000,
        weights=start.row_weights,
    )
    ours = features @ progress.best["head.weight"].T + progress.best["head.bias"]
    np.testing.assert_allclose(ours.softmax(-1), head(features).detach().softmax(-1), atol=0.02)


def test_feature_extraction_chooses_how_closely_to_fit_as_scikit_learn_would_and_reports_it(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    settings = FinetuneSettings(strategy=FeatureExtraction(), calibrate=False)
    start = prepare(learnable, settings, tiny_base)
    progress = stage._fit_head(start, Watch(None, None))
    features, labels = text_features(start.train.texts, tiny_base, learnable), start.train.truth.numpy()
    due = choose_inverse_penalty(logistic_path(features, labels), labels, settings.seed)
    told = stage._report(start, progress, "")["inverse_penalty"]
    assert told["value"] == due.value
    assert [each["inverse_penalty"] for each in told["tried"]] == list(GRID)
    np.testing.assert_allclose([each["loss"] for each in told["tried"]], list(due.losses.values()), rtol=0.05)
    assert told["rows"] == 60
    head = torch.nn.Linear(32, 3)
    loss = cross_entropy(start.train.truth)
    fit_head(head, torch.from_numpy(features), loss, inverse_penalty=due.value, iterations=100)
    ours = torch.from_numpy(features) @ progress.best["head.weight"].T + progress.best["head.bias"]
    np.testing.assert_allclose(ours.softmax(-1), head(torch.from_numpy(features)).detach().softmax(-1), atol=0.02)


def test_rows_made_of_a_row_are_held_out_with_it_and_do_not_count(learnable: Paths, tiny_base: BaseSettings) -> None:
    rows = read_table(learnable.augmented, AUGMENTED).to_pylist()
    made = [row | {"row_id": f"{row['row_id']}x", "text": f"please {row['text']}", "method": "typos"} for row in rows]
    write_rows(learnable.augmented, [*rows, *made], AUGMENTED)
    start = prepare(learnable, FinetuneSettings(strategy=FeatureExtraction()), tiny_base)
    assert len(start.train.texts) == 120
    assert stage._fit_head(start, Watch(None, None)).notes["inverse_penalty"]["rows"] == 60


def test_feature_extraction_takes_what_is_set(learnable: Paths, tiny_base: BaseSettings) -> None:
    settings = FinetuneSettings(strategy=FeatureExtraction(inverse_penalty=5.0), val_fold=1)
    start = prepare(learnable, settings, tiny_base)
    progress = stage._fit_head(start, Watch(None, None))
    assert stage._report(start, progress, "")["inverse_penalty"] == {"value": 5.0, "tried": [], "rows": 0}


def test_with_a_fold_the_rows_of_val_that_are_learned_from_have_no_parent(
    learnable: Paths, tiny_base: BaseSettings
) -> None:
    start = prepare(learnable, FinetuneSettings(strategy=FeatureExtraction(), val_fold=1), tiny_base)
    progress = stage._fit_head(start, Watch(None, None))
    assert progress.notes["inverse_penalty"]["rows"] == len(start.train.texts)
