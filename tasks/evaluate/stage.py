"""model and test rows → predictions, metrics, and everything the report shows"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from tasks.digest import sha256_of_file
from tasks.evaluate.baselines import BaselineRows, baselines_for
from tasks.evaluate.extra_tests import outside_rows, score_extra_tests
from tasks.evaluate.groups import confused_answers, confusions, group_table
from tasks.evaluate.measures import compare, with_intervals
from tasks.evaluate.metric import compute_metrics
from tasks.evaluate.outputs import write_page, write_plots, write_predictions, write_slices
from tasks.evaluate.results import headline_numbers, rounded
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.slice_scores import score_slices
from tasks.evaluate.slices import Slice, SliceRows, cut_slices
from tasks.evaluate.test_set import Predictor, Side, read_side, sample_side
from tasks.evaluate.worst_errors import describe_errors, nearest_rows, pick_worst
from tasks.files import owner_only, write_json
from tasks.model.features import read_words, text_features
from tasks.model.files import load_model
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.scoring.bootstrap import Draws, Scores
from tasks.scoring.calibration import reliability_bins
from tasks.targets import Outputs


@dataclass(frozen=True)
class Answered:
    """Rows, what the model said of them, and how good that is."""

    rows: Side
    outputs: Outputs
    answers: list[str]
    scored: Scores


def run(
    paths: Paths,
    *,
    evaluate: EvaluateSettings,
    base: BaseSettings,
    problem: ProblemSettings | None = None,  # noqa: ARG001 - the model knows what it was asked
) -> dict[str, Any]:
    """Measure the model on the test rows; the headline numbers.

    Writes paths.predictions and, below paths.evaluation, results.json, slices.parquet, plots/ and report.html.
    Raises GateError if the model's output cannot be measured, and then writes nothing.
    """
    model: Predictor = load_model(paths.model, base, paths.root)
    target, labels = model.target, model.labels
    train, test = (read_side(paths, side, target, labels) for side in ("train", "test"))
    said = answer(model, test)
    slices, slice_scores = _read_slices(model, train, said, evaluate)
    sample = sample_side(train, evaluate.baseline_rows, evaluate.seed)
    rows = _baseline_rows(model, sample, test, base, paths, evaluate.seed)
    draws = Draws(evaluate.resamples, evaluate.confidence, evaluate.seed)
    with owner_only():
        about = {"target": target, "classes": labels, "outputs": said.outputs}
        found = compute_metrics(test.labels, said.answers, paths.cache / "evaluate", **about)
    compared_by = list(dict.fromkeys([target.verdict, target.headline]))
    extra = score_extra_tests(paths, model, draws, answer)
    results = rounded(
        {
            **asdict(draws),
            "rows": len(test.ids),
            "texts_cut": {"test": model.count_cut(test.texts), "max_tokens": base.max_tokens},
            "train_rows": len(train.ids),
            "target": target.kind,
            "verdict": target.verdict,
            "compared_by": compared_by,
            "labels": list(labels),
            "model_digest": model.digest,
            "metrics": with_intervals(found, said.scored, draws),
            "per_group": group_table(target, test.labels, said.answers, said.scored.scores, train.labels),
            "baseline_train_rows": len(sample.ids),
            "baselines": _compare_baselines(said, rows, draws),
            "frozen_inverse_penalty": rows.inverse_penalty,
            "slices": _describe_slices(slices, score_slices(slices, said.scored.scores, slice_scores, draws)),
            "extra": extra,
            "outside": outside_rows(paths, model, said.outputs),
            **_confidence(model, said),
            **target.details(test.labels, said.answers, said.outputs, model.decision),
            "errors": _worst_errors(model, said, sample, rows, evaluate),
            "base": {"id": base.id, "revision": base.revision, "sha256": base.sha256},
            "files": {side: sha256_of_file(getattr(paths, side)) for side in ("train", "test")},
        }
    )
    write_predictions(paths.predictions, test, said.answers, target.numbers_behind(said.outputs))
    write_slices(paths.evaluation / "slices.parquet", slices, slice_scores, test)
    write_json(paths.evaluation / "results.json", results)
    pairs = list(zip(test.labels, said.answers, strict=True)) if target.has_one_class else []
    write_plots(paths, results, pairs)
    write_page(paths)
    return headline_numbers(results)


def answer(model: Predictor, rows: Side, *, with_outputs: bool = True) -> Answered:
    """The rows as the model answers them. Raises GateError if its output cannot be measured."""
    outputs = model.predict(rows.texts)
    model.target.check_outputs(outputs, rows.lines)
    answers = model.answers(outputs)
    scored = model.target.score(rows.labels, answers, model.labels, outputs if with_outputs else None)
    return Answered(rows, outputs, answers, scored)


def _read_slices(
    model: Predictor, train: Side, said: Answered, settings: EvaluateSettings
) -> tuple[list[Slice], list[np.ndarray]]:
    """The slices, and of each the scores of its rows as the slice reads them."""
    test = said.rows
    rows = SliceRows(
        train_texts=train.texts,
        train_groups=model.target.strata(train.labels),
        test_texts=test.texts,
        test_ids=test.ids,
        test_groups=model.target.strata(test.labels),
        groups_are_labels=model.target.has_classes,
        typo_share=settings.typo_share,
        typo_rows=settings.typo_rows,
        seed=settings.seed,
    )
    slices = cut_slices(rows)
    scores = []
    for piece in slices:
        if piece.texts is None:
            scores.append(said.scored.scores[piece.rows])
        else:
            scores.append(answer(model, replace(test.take(piece.rows), texts=piece.texts)).scored.scores)
    return slices, scores


def _baseline_rows(
    model: Predictor, sample: Side, test: Side, base: BaseSettings, paths: Paths, seed: int
) -> BaselineRows:
    return BaselineRows(
        target=model.target,
        classes=model.labels or model.target.classes(sample.labels),
        train_texts=sample.texts,
        train_labels=sample.labels,
        test_texts=test.texts,
        features=lambda texts: text_features(texts, base, paths),
        seed=seed,
        words=lambda texts: (text_features(texts, base, paths, per_word=True), read_words(texts, base, paths)),
    )


def _describe_slices(slices: list[Slice], scores: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": piece.name, "why": piece.why, **scores[piece.name]} for piece in slices]


def _compare_baselines(said: Answered, rows: BaselineRows, draws: Draws) -> list[dict[str, Any]]:
    """Each baseline's metrics, and the model's gain over it."""
    compared = []
    for baseline in baselines_for(rows):
        other = rows.target.score(said.rows.labels, baseline.answers(rows), rows.classes)
        own, gain = compare(said.scored, other, rows.target, draws)
        compared.append({"name": baseline.name, "title": baseline.title, **own, "gain": gain})
    return compared


def _confidence(model: Predictor, said: Answered) -> dict[str, Any]:
    """Whether confidence can be believed, where each row has one class, and what is answered for what."""
    if not model.target.has_one_class:
        sets = confused_answers(model.target, said.rows.labels, said.answers)
        return {"reliability": [], "confusions": sets, "confusion": []}
    confidence = model.target.confidence(said.outputs)
    return {
        "reliability": reliability_bins(confidence, said.scored.scores),
        **confusions(said.rows.labels, said.answers, model.labels),
    }


def _worst_errors(
    model: Predictor, said: Answered, sample: Side, rows: BaselineRows, settings: EvaluateSettings
) -> list[dict[str, Any]]:
    target, confidence = model.target, model.target.confidence(said.outputs)
    worst = pick_worst(said.scored.scores, confidence, target.best_score, settings.worst_errors)
    if not len(worst):
        return []
    asked = rows.features([said.rows.texts[row] for row in worst])
    nearest = nearest_rows(asked, rows.train_features, settings.nearest_rows)
    numbers = _numbers(model, said, confidence)
    return describe_errors(worst, target, said.answers, numbers, said.rows, sample, nearest)


def _numbers(model: Predictor, said: Answered, confidence: np.ndarray) -> Sequence[dict[str, Any]]:
    """What is known of each answer, None for what has no meaning."""
    true = model.target.true_probability(said.outputs, said.rows.labels, model.labels)
    return [
        {
            "score": float(score),
            "confidence": float(sure) if np.isfinite(sure) else None,
            "actual_probability": None if true is None else float(true[row]),
        }
        for row, (score, sure) in enumerate(zip(said.scored.scores, confidence, strict=True))
    ]
