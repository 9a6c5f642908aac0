"""The worst answers, and the train rows that may have taught them"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.evaluate.test_set import Side
from tasks.targets import Target
from tasks.texts import Text


def pick_worst(scores: np.ndarray, confidence: np.ndarray, best: float, most: int) -> np.ndarray:
    """Positions of the rows with the lowest scores below the best, the surest of equals first; at most `most`."""
    bad = np.flatnonzero(scores < best)
    order = np.lexsort((-np.nan_to_num(confidence[bad]), scores[bad]))
    return bad[order[:most]]


def nearest_rows(queries: np.ndarray, rows: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """For each query the positions of its nearest rows by cosine, and the cosines, (Q, most) each, nearest first."""
    cosine = _to_length_one(queries) @ _to_length_one(rows).T
    nearest = np.argsort(-cosine, axis=1, kind="stable")[:, :most]
    return nearest, np.take_along_axis(cosine, nearest, axis=1)


def describe_errors(
    worst: np.ndarray,
    target: Target,
    answers: Sequence[str],
    numbers: Sequence[dict[str, Any]],
    test: Side,
    train: Side,
    nearest: tuple[np.ndarray, np.ndarray],
) -> list[dict[str, Any]]:
    """Each of the worst answers as a record: what is true, what was answered, and its nearest train rows.

    numbers: of each test row, what is known of its answer (score, confidence). nearest: positions among the train rows
    and cosines, as `nearest_rows` gives them for these errors.
    """

    def shown(text: Text, stored: str) -> str:
        return target.shown_on(text if isinstance(text, str) else text[0], stored)

    errors = []
    for position, row in enumerate(worst):
        near = [
            {
                **_by_name(train.texts[at]),
                "label": shown(train.texts[at], train.labels[at]),
                "line": train.lines[at],
                "similarity": float(like),
            }
            for at, like in zip(nearest[0][position], nearest[1][position], strict=True)
        ]
        errors.append(
            {
                **_by_name(test.texts[row]),
                "line": test.lines[row],
                "actual": shown(test.texts[row], test.labels[row]),
                "predicted": shown(test.texts[row], answers[row]),
                **_marked(target, test.texts[row], test.labels[row], answers[row]),
                **numbers[row],
                "nearest": near,
            }
        )
    return errors


def _marked(target: Target, text: Text, true: str, answer: str) -> dict[str, Any]:
    """The text with its true spans marked, and with those answered, where there are spans."""
    own = text if isinstance(text, str) else text[0]
    marked = {"actual": target.marked(own, true), "predicted": target.marked(own, answer)}
    return {"marked": marked} if any(marked.values()) else {}


def _by_name(text: Text) -> dict[str, str]:
    """The text, or both texts of a pair, by name."""
    return {"text": text} if isinstance(text, str) else {"text": text[0], "pair": text[1]}


def _to_length_one(features: np.ndarray) -> np.ndarray:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
