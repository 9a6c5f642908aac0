"""model and test rows → predictions, metrics, and everything the report shows"""

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from tasks.digest import sha256_of_file
from tasks.evaluate.baselines import BaselineRows, baselines_for
from tasks.evaluate.confusion import confusion_matrix, top_confusions
from tasks.evaluate.measures import compare, compute_metrics, with_intervals
from tasks.evaluate.outputs import write_page, write_plots, write_predictions, write_slices
from tasks.evaluate.results import headline_numbers, label_table, rounded
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.slice_scores import score_slices
from tasks.evaluate.slices import Slice, SliceRows, cut_slices
from tasks.evaluate.test_set import Predictor, Side, read_side, sample_side
from tasks.evaluate.worst_errors import describe_errors, nearest_rows, pick_worst
from tasks.files import owner_only, write_json
from tasks.model.features import text_features
from tasks.model.files import load_model
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.scoring.bootstrap import Draws
from tasks.scoring.calibration import reliability_bins
from tasks.scoring.classification import Scored, check_probabilities, score


def run(paths: Paths, *, evaluate: EvaluateSettings, base: BaseSettings) -> dict[str, Any]:
    """Measure the model on the test rows; the headline numbers.

    Writes paths.predictions and, below paths.evaluation, results.json, slices.parquet, plots/ and report.html.
    Raises GateError if the model's output is not made of probabilities, and then writes nothing.
    """
    model: Predictor = load_model(paths.model, base, paths.root)
    train, test = read_side(paths, "train", model.labels), read_side(paths, "test", model.labels)
    scored = _predict(model, test)
    slices, slice_correct = _read_slices(model, train, test, scored, evaluate)
    sample = sample_side(train, evaluate.baseline_rows, evaluate.seed)
    rows = BaselineRows(
        sample.texts, sample.numbers, test.texts, lambda texts: text_features(texts, base, paths), evaluate.seed
    )
    draws = Draws(evaluate.resamples, evaluate.confidence, evaluate.seed)
    with owner_only():
        found = compute_metrics(scored, paths.cache / "evaluate")
    results = rounded(
        {
            **asdict(draws),
            "rows": len(test.ids),
            "texts_cut": {"test": model.count_cut(test.texts), "max_tokens": base.max_tokens},
            "train_rows": len(train.ids),
            "labels": list(model.labels),
            "model_digest": model.digest,
            "metrics": with_intervals(found, scored, draws),
            "per_label": label_table(found, model.labels, train.numbers),
            "baseline_train_rows": len(sample.ids),
            "baselines": _compare_baselines(scored, rows, draws),
            "frozen_inverse_penalty": rows.inverse_penalty.value,
            "slices": _describe_slices(slices, score_slices(slices, scored.correct, slice_correct, draws)),
            **_confusion(scored, model.labels),
            "reliability": reliability_bins(scored.confidence, scored.correct),
            "errors": _worst_errors(scored, model.labels, test, sample, rows, evaluate),
            "base": {"id": base.id, "revision": base.revision, "sha256": base.sha256},
            "files": {side: sha256_of_file(getattr(paths, side)) for side in ("train", "test")},
        }
    )
    write_predictions(paths.predictions, test, scored, model.labels)
    write_slices(paths.evaluation / "slices.parquet", slices, slice_correct, test)
    write_json(paths.evaluation / "results.json", results)
    write_plots(paths, results, test, [model.labels[guess] for guess in scored.guess])
    write_page(paths)
    return headline_numbers(results)


def _predict(model: Predictor, test: Side) -> Scored:
    probabilities = model.predict(test.texts)
    check_probabilities(probabilities, len(test.ids), test.lines)
    return score(probabilities, test.numbers)


def _read_slices(
    model: Predictor, train: Side, test: Side, scored: Scored, settings: EvaluateSettings
) -> tuple[list[Slice], list[np.ndarray]]:
    """The slices, and of each whether the model is right on its rows as the slice reads them."""
    rows = SliceRows(
        train_texts=train.texts,
        train_labels=train.numbers,
        test_texts=test.texts,
        test_ids=test.ids,
        test_labels=test.numbers,
        typo_share=settings.typo_share,
        typo_rows=settings.typo_rows,
        seed=settings.seed,
    )
    slices = cut_slices(rows)
    correct = []
    for piece in slices:
        if piece.texts is None:
            correct.append(scored.correct[piece.rows])
        else:
            correct.append(_predict(model, replace(test.take(piece.rows), texts=piece.texts)).correct)
    return slices, correct


def _confusion(scored: Scored, labels: tuple[str, ...]) -> dict[str, Any]:
    counts = confusion_matrix(scored.truth, scored.guess, scored.label_count)
    cells = [[int(actual), int(predicted), int(counts[actual, predicted])] for actual, predicted in np.argwhere(counts)]
    return {"confusions": top_confusions(counts, labels), "confusion": cells}


def _describe_slices(slices: list[Slice], scores: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": piece.name, "why": piece.why, **scores[piece.name]} for piece in slices]


def _compare_baselines(model: Scored, rows: BaselineRows, draws: Draws) -> list[dict[str, Any]]:
    """Each baseline's accuracy and macro F1, and the model's gain over it."""
    compared = []
    for baseline in baselines_for(rows):
        other = Scored(model.truth, baseline.guess(rows), model.label_count)
        own, gain = compare(model, other, draws)
        compared.append({"name": baseline.name, "title": baseline.title, **own, "gain": gain})
    return compared


def _worst_errors(
    scored: Scored,
    labels: tuple[str, ...],
    test: Side,
    train: Side,
    rows: BaselineRows,
    settings: EvaluateSettings,
) -> list[dict[str, Any]]:
    worst = pick_worst(scored, settings.worst_errors)
    if not len(worst):
        return []
    nearest = nearest_rows(rows.test_features[worst], rows.train_features, settings.nearest_rows)
    return describe_errors(worst, scored, labels, test, train, nearest)
