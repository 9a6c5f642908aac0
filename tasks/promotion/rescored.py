"""What models answered to the test rows → what the gate judges by"""

import numpy as np

from tasks.errors import GateError
from tasks.promotion.clean_process import Answers
from tasks.promotion.test_rows import TestRows
from tasks.register.evidence import Evidence, SliceRows
from tasks.scoring.classification import headline_statistics, score


def rescore(rows: TestRows, answers: Answers, champion: Answers | None) -> Evidence:
    """The headline metrics, and where the model and the champion are right, row by row and slice by slice.

    Raises GateError if the model does not know a label of the rows.
    """
    metrics = _metrics(rows, answers)
    correct = _is_right(answers, rows)
    if champion is None:
        return Evidence(metrics, correct)
    slices = {
        piece.name: SliceRows(_right(answers, piece.texts, piece.labels), _right(champion, piece.texts, piece.labels))
        for piece in rows.slices
    }
    return Evidence(metrics, correct, champion=_is_right(champion, rows), slices=slices)


def _metrics(rows: TestRows, answers: Answers) -> dict[str, float | None]:
    number = {label: place for place, label in enumerate(answers.labels)}
    unknown = sorted({*rows.labels} - number.keys())
    if unknown:
        raise GateError(f"the model does not know the label {unknown[0]!r} of the test rows.")
    truth = np.array([number[label] for label in rows.labels], dtype=np.int64)
    statistics = headline_statistics(score(answers.of(rows.texts), truth))
    return {name: float(value[0]) for name, value in statistics(np.ones((1, len(truth)))).items()}


def _is_right(answers: Answers, rows: TestRows) -> np.ndarray:
    return _right(answers, rows.texts, rows.labels)


def _right(answers: Answers, texts: list, labels: list[str]) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([guess == label for guess, label in zip(answers.best(texts), labels, strict=True)], dtype=bool)
