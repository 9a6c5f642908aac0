"""Words and word pairs, weighted, with a linear classifier."""

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows
from tasks.texts import parts

WORD = r"\w+|[^\w\s]"
"""One-letter words and signs count too: a text of signs alone must not be an empty one."""


class TfidfLinear:
    """What one gets by counting words: TF-IDF of words and word pairs, linear support vector machine.

    Of pairs of texts, the words of each are counted apart.
    """

    name = "tfidf_linear"
    title = "TF-IDF + linear SVM"

    def guess(self, rows: BaselineRows) -> np.ndarray:
        """(N,) int64: the label with the largest margin."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        train, test = [], []
        for known, asked in zip(parts(rows.train_texts), parts(rows.test_texts), strict=True):
            if known is not None and asked is not None:
                words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD)
                train.append(words.fit_transform(known))
                test.append(words.transform(asked))
        classifier = LinearSVC(C=1.0, random_state=rows.seed).fit(hstack(train, format="csr"), rows.train_labels)
        return np.asarray(classifier.predict(hstack(test, format="csr")), dtype=np.int64)
