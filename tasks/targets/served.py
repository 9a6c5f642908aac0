"""Predictions → the columns that a served model answers with, one value a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.targets.spans import shown_spans

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Predicted:
    """What a model says about N texts.

    texts: as they were given, of a pair the first. outputs: what its `predict` gives; answers: what its `answers` makes
    of them.
    """

    texts: Sequence[str]
    outputs: Sequence[np.ndarray] | np.ndarray
    answers: Sequence[str]
    classes: Sequence[str]
    decision: Mapping[str, Any]


def ranked_labels(predicted: Predicted, top_k: int) -> Columns:
    """label and probability, then label_2, probability_2 … of the next best."""
    probabilities = np.asarray(predicted.outputs)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, : max(1, top_k)]
    columns: Columns = {}
    for rank, chosen in enumerate(order.T):
        suffix = f"_{rank + 1}" if rank else ""
        columns[f"label{suffix}"] = [predicted.classes[number] for number in chosen]
        columns[f"probability{suffix}"] = probabilities[np.arange(len(chosen)), chosen].astype(np.float64).tolist()
    return columns


def label_sets(predicted: Predicted, classes_of: Callable[[str], Sequence[str]]) -> Columns:
    """The labels of each text, and every label's probability."""
    probabilities = [dict(zip(predicted.classes, map(float, row), strict=True)) for row in predicted.outputs]
    labels = [list(classes_of(answer)) for answer in predicted.answers]
    return {"labels": labels, "probabilities": probabilities, "answer": list(predicted.answers)}


def numbers_with_intervals(predicted: Predicted, least: float | None, most: float | None) -> Columns:
    """The number and its interval, within what is possible; a model that was never fitted on val has no interval."""
    numbers = np.array([float(answer) for answer in predicted.answers], dtype=np.float64)
    half = float(predicted.decision.get("half_width", np.nan))
    low, high = (np.clip(numbers + side * half, least, most).tolist() for side in (-1, 1))
    return {"number": numbers.tolist(), "low": low, "high": high, "answer": list(predicted.answers)}


def tagged_words(predicted: Predicted) -> Columns:
    """A tag for each word, and the spans with the characters of the text that they begin and end at."""
    tags = [answer.split(" ") for answer in predicted.answers]
    spans = [shown_spans(text, each) for text, each in zip(predicted.texts, tags, strict=True)]
    return {"tags": tags, "spans": spans, "answer": list(predicted.answers)}
