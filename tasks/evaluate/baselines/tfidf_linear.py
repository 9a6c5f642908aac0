"""Words and word pairs, weighted, with a linear classifier."""

import numpy as np

from tasks.evaluate.baselines.rows import BaselineRows

WORD = r"\w+|[^\w\s]"
"""One-letter words and signs count too: a text of signs alone must not be an empty one."""


class TfidfLinear:
    """What one gets by counting words: TF-IDF of words and pairs, linear support vector machine."""

    name = "tfidf_linear"
    title = "TF-IDF + linear SVM"

    def guess(self, rows: BaselineRows) -> np.ndarray:
        """(N,) int64: the label with the largest margin."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD)
        train = words.fit_transform(rows.train_texts)
        classifier = LinearSVC(C=1.0, random_state=rows.seed).fit(train, rows.train_labels)
        return np.asarray(classifier.predict(words.transform(rows.test_texts)), dtype=np.int64)
