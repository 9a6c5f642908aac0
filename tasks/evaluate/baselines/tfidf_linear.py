"""Words and word pairs, weighted, with a linear model."""

from typing import Any

from tasks.evaluate.baselines.rows import BaselineRows
from tasks.texts import parts

WORD = r"\w+|[^\w\s]"
"""One-letter words and signs count too: a text of signs alone must not be an empty one."""


class TfidfLinear:
    """What one gets by counting words: TF-IDF of words and word pairs, and a linear support vector machine, one a label
    where there may be several, or ridge regression of a number.

    Of pairs of texts, the words of each are counted apart.
    """

    name = "tfidf_linear"
    title = "TF-IDF + linear model"

    def answers(self, rows: BaselineRows) -> list[str]:
        """What the linear model predicts."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        train, test = [], []
        for known, asked in zip(parts(rows.train_texts), parts(rows.test_texts), strict=True):
            if known is not None and asked is not None:
                words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD)
                train.append(words.fit_transform(known))
                test.append(words.transform(asked))
        model = _estimator(rows).fit(hstack(train, format="csr"), rows.truth)
        return rows.answers(model.predict(hstack(test, format="csr")))


def _estimator(rows: BaselineRows) -> Any:
    from sklearn.linear_model import Ridge
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=1.0, random_state=rows.seed)
    return {
        "multiclass": machine,
        "multilabel-indicator": OneVsRestClassifier(machine),
        "continuous": Ridge(alpha=1.0),
    }[rows.target.type_of_target]
