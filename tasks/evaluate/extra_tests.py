"""Further test sets by name: the same metrics beside those of the test side, and rows that no label fits"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.evaluate.measures import with_intervals
from tasks.evaluate.test_set import COLUMNS, Predictor, as_side
from tasks.paths import Paths
from tasks.scoring.bootstrap import Draws
from tasks.table import read_extra_tests
from tasks.targets import Outputs

OUTSIDE = "outside"
"""The name of a further test set whose rows belong to no label: the model should be unsure of them."""


def score_extra_tests(paths: Paths, model: Predictor, draws: Draws, answer: Callable[..., Any]) -> dict[str, Any]:
    """Of each set: its rows, the metrics with intervals, and how many rows carry labels that the model does not know,
    which are left out."""
    found = {}
    for name, table in _sets(paths).items():
        rows = as_side(table)
        known = [row for row, label in enumerate(rows.labels) if not model.target.unknown([label], model.labels)]
        if name == OUTSIDE or not known:
            continue
        said = answer(model, rows.take(np.array(known)))
        plain = said.scored.statistics(np.ones((1, len(known))))
        values = {metric: float(value[0]) for metric, value in plain.items()}
        found[name] = {
            "rows": len(known),
            "unknown_labels": len(rows.ids) - len(known),
            "metrics": with_intervals(values, said.scored, draws),
        }
    return found


def outside_rows(paths: Paths, model: Predictor, inside: Outputs) -> dict[str, Any] | None:
    """How well confidence tells the test rows from rows outside of all labels: the area under the ROC curve, and the
    share of outside rows that are answered; None if there are none, or confidence has no meaning."""
    from sklearn.metrics import roc_auc_score

    table = _sets(paths).get(OUTSIDE)
    if table is None or not model.target.has_one_class:
        return None
    outputs = model.predict(as_side(table).texts)
    confidence = [model.target.confidence(each) for each in (inside, outputs)]
    is_inside = np.repeat([1, 0], [len(each) for each in confidence])
    answered = [bool(each) for each in model.answers(outputs)]
    return {
        "rows": len(answered),
        "auroc": float(roc_auc_score(is_inside, np.concatenate(confidence))),
        "answered": float(np.mean(answered)),
    }


def _sets(paths: Paths) -> dict[str, Any]:
    if not paths.extra_tests.exists():
        return {}
    return read_extra_tests(paths.extra_tests, [*COLUMNS, "side"])
