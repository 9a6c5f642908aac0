"""The errors the model was surest of, and the train rows that may have taught them"""

from typing import Any

import numpy as np

from tasks.evaluate.test_set import Side
from tasks.scoring.classification import Scored
from tasks.texts import Text


def pick_worst(scored: Scored, most: int) -> np.ndarray:
    """Positions of the wrong guesses with the highest confidence, the surest first; at most `most`."""
    if scored.probabilities is None:
        return np.zeros(0, dtype=np.int64)
    wrong = np.flatnonzero(scored.correct == 0)
    confidence = scored.probabilities[wrong].max(axis=1)
    return wrong[np.argsort(-confidence, kind="stable")[:most]]


def nearest_rows(queries: np.ndarray, rows: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """For each query the positions of its nearest rows by cosine, and the cosines, (Q, most) each, nearest first."""
    cosine = _to_length_one(queries) @ _to_length_one(rows).T
    nearest = np.argsort(-cosine, axis=1, kind="stable")[:, :most]
    return nearest, np.take_along_axis(cosine, nearest, axis=1)


def describe_errors(
    worst: np.ndarray,
    scored: Scored,
    labels: tuple[str, ...],
    test: Side,
    train: Side,
    nearest: tuple[np.ndarray, np.ndarray],
) -> list[dict[str, Any]]:
    """Each of the worst errors as a record: what it is, what it was taken for, and its nearest train rows.

    nearest: positions among the train rows and cosines, as `nearest_rows` gives them for these errors.
    """
    assert scored.probabilities is not None  # pick_worst found none without them
    errors = []
    for position, row in enumerate(worst):
        near = [
            {**_shown(train.texts[at]), "label": train.labels[at], "line": train.lines[at], "similarity": float(like)}
            for at, like in zip(nearest[0][position], nearest[1][position], strict=True)
        ]
        guess = int(scored.guess[row])
        errors.append(
            {
                **_shown(test.texts[row]),
                "line": test.lines[row],
                "actual": test.labels[row],
                "predicted": labels[guess],
                "confidence": float(scored.probabilities[row, guess]),
                "actual_probability": float(scored.probabilities[row, scored.truth[row]]),
                "nearest": near,
            }
        )
    return errors


def _shown(text: Text) -> dict[str, str]:
    """The text, or both texts of a pair, by name."""
    return {"text": text} if isinstance(text, str) else {"text": text[0], "pair": text[1]}


def _to_length_one(features: np.ndarray) -> np.ndarray:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
