"""Of pairs, the second text alone."""

from dataclasses import replace

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear
from tasks.texts import parts


class SecondText:
    """What one gets without reading the first text: how much a data set gives away (Poliak et al. 2018, 1805.01042)."""

    name = "second_text"
    title = "TF-IDF + linear SVM, second text alone"

    def guess(self, rows: BaselineRows) -> np.ndarray:
        """(N,) int64: the label with the largest margin."""
        alone = [list(parts(texts)[1] or ()) for texts in (rows.train_texts, rows.test_texts)]
        return TfidfLinear().guess(replace(rows, train_texts=alone[0], test_texts=alone[1]))
