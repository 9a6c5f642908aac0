"""What models answered to the test rows → what the gate judges by"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tasks.errors import GateError
from tasks.promotion.clean_process import Answers
from tasks.promotion.test_rows import TestRows
from tasks.register.evidence import Evidence, SliceScores
from tasks.scoring.bootstrap import Scores
from tasks.texts import Text


def rescore(rows: TestRows, answers: Answers, champion: Answers | None) -> Evidence:
    """The headline metrics, and the scores of model and champion, row by row and slice by slice.

    Raises GateError if the model does not know a label of the rows, or the champion answers something else.
    """
    target = answers.target
    unknown = target.unknown(rows.labels, answers.classes)
    if unknown:
        raise GateError(f"the model does not know the label {unknown[0]!r} of the test rows.")
    given, outputs = answers.of(rows.texts)
    scored = target.score(rows.labels, given, answers.classes, outputs)
    metrics = {name: float(value[0]) for name, value in scored.statistics(np.ones((1, len(given)))).items()}
    known = Evidence(target, metrics, scored)
    if champion is None:
        return known
    if champion.target.kind != target.kind:
        raise GateError(
            f"the champion answers {champion.target.reads}, and this model {target.reads}, so that they cannot be "
            "compared. Give this model a name of its own."
        )

    def scores(who: Answers, texts: Sequence[Text], labels: Sequence[str]) -> Scores:
        return target.score(labels, who.of(texts)[0], answers.classes)

    slices = {
        piece.name: SliceScores(*(scores(who, piece.texts, piece.labels).scores for who in (answers, champion)))
        for piece in rows.slices
    }
    return replace(known, champion=scores(champion, rows.texts, rows.labels), slices=slices)
