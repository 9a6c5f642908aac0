"""Of pairs, the second text alone, or how alike the two are."""

from dataclasses import replace

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear
from tasks.model.inverse_penalty import to_length_one
from tasks.texts import parts


class SecondText:
    """What one gets without reading the first text: how much a data set gives away (Poliak et al. 2018, 1805.01042)."""

    name = "second_text"
    title = "TF-IDF + linear model, second text alone"

    def answers(self, rows: BaselineRows) -> list[str]:
        """What the linear model predicts."""
        alone = [list(parts(texts)[1] or ()) for texts in (rows.train_texts, rows.test_texts)]
        return TfidfLinear().answers(replace(rows, train_texts=alone[0], test_texts=alone[1]))


class FrozenCosine:
    """Of numbers: the cosine of the two texts' frozen features, each read alone, put on the numbers' scale by a line
    fitted on train."""

    name = "frozen_cosine"
    title = "frozen base, cosine of the two texts"

    def answers(self, rows: BaselineRows) -> list[str]:
        """The line's value for each pair."""
        train, test = (self._cosines(rows, texts) for texts in (rows.train_texts, rows.test_texts))
        slope, height = np.polyfit(train, rows.truth, 1)
        return rows.answers(slope * test + height)

    @staticmethod
    def _cosines(rows: BaselineRows, texts: object) -> np.ndarray:
        first, second = (to_length_one(rows.features(list(column or ()))) for column in parts(texts))  # type: ignore[arg-type]
        return np.asarray((first * second).sum(axis=1))
