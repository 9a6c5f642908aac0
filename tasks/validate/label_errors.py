"""Features and labels → rows whose label is likely wrong (confident learning)."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tasks.targets import Target
from tasks.texts import Text

FOLDS = 5
FEATURE_PENALTY = 0.01
"""Inverse strength of the penalty on the weights of standardised features: the smaller, the stronger."""
WORD_PENALTY = 0.01
WORD_DIMENSIONS = 256
MOST_WORDS = 20_000
SMALLEST = 1e-12


@dataclass(frozen=True)
class Suspect:
    """A row that a classifier, which had not seen it, would label otherwise."""

    position: int
    given: str
    suggested: str
    score: float
    """Probability of the given label, 0 to 1: the lower, the likelier an error."""


@dataclass(frozen=True)
class LabelErrors:
    """What was looked at, and what was found, worst first."""

    looked_at: int
    skipped: dict[str, int]
    """Labels with too few rows to be cross-validated, with their rows."""
    suspects: tuple[Suspect, ...]
    ranked_by: str | None = None
    """Whose probabilities were taken, "frozen_features" or "tfidf"; None if nothing was looked at."""
    held_out_loss: dict[str, float] = field(default_factory=dict)
    """The mean log loss of each on rows that it was not fitted on."""


def draw_sample(candidates: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most `most` of the candidates, in their order: the same for the same seed."""
    if len(candidates) <= most:
        return candidates
    return np.sort(np.random.default_rng(seed).choice(candidates, size=most, replace=False))


def can_have_label_errors(target: Target) -> bool:
    """Whether there is a search for label errors in such targets: they name classes, of whole rows."""
    return target.has_classes and not target.per_word


def find_label_errors(
    features: np.ndarray, texts: Sequence[Text], targets: Sequence[str], target: Target, seed: int
) -> LabelErrors:
    """Rows whose label, or one of whose labels, is likely wrong.

    Northcutt et al. 2021, "Confident Learning", arXiv 1911.00068, as in cleanlab (prune by noise rate), on
    probabilities from cross-validation: of a classifier on the base's frozen features or, where that has the lower loss
    on held-out rows, on TF-IDF, which reads a text to its end. features: (N, D) float32. Rows that name a label with
    fewer than FOLDS rows are left out.
    """
    classes = [target.classes_of(stored) for stored in targets]
    counts = Counter(name for names in classes for name in names)
    skipped = {label: rows for label, rows in sorted(counts.items()) if rows < FOLDS}
    looked_at = np.array([place for place, each in enumerate(classes) if not skipped.keys() & {*each}], dtype=np.int64)
    names = sorted({name for place in looked_at for name in classes[place]})
    if len(names) < 2:
        return LabelErrors(looked_at=0, skipped=skipped, suspects=())
    number = {name: index for index, name in enumerate(names)}
    given = np.zeros((len(looked_at), len(names)), dtype=bool)
    for row, place in enumerate(looked_at):
        given[row, [number[name] for name in classes[place]]] = True
    search = _OneLabel(given) if target.has_one_class else _SeveralLabels(given)
    by_model = {"frozen_features": search.cross_validated(features[looked_at], FEATURE_PENALTY, seed)}
    words = _tfidf([texts[place] for place in looked_at], seed)
    if words is not None:
        by_model["tfidf"] = search.cross_validated(words, WORD_PENALTY, seed)
    loss = {name: round(search.loss(probabilities), 6) for name, probabilities in by_model.items()}
    best = min(loss, key=lambda name: loss[name])
    suspects = tuple(
        Suspect(
            position=int(looked_at[row]),
            given=target.shown(targets[looked_at[row]]),
            suggested=", ".join(names[each] for each in np.flatnonzero(suggested)) or "none of the labels",
            score=round(score, 4),
        )
        for row, suggested, score in search.issues(by_model[best])
    )
    return LabelErrors(len(looked_at), skipped, suspects, best, loss)


class _OneLabel:
    """Rows of one label each. given: (N, C) bool."""

    def __init__(self, given: np.ndarray) -> None:
        self._given = given.argmax(axis=1)

    def cross_validated(self, features: np.ndarray, penalty: float, seed: int) -> np.ndarray:
        """Each row's probabilities from a classifier that was not fitted on it, (N, C) float64."""
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        folds = StratifiedKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
        classifier = _classifier(penalty)
        found: np.ndarray = cross_val_predict(classifier, features, self._given, cv=folds, method="predict_proba")
        return found

    def loss(self, probabilities: np.ndarray) -> float:
        """The mean log loss of the given labels."""
        of_given = probabilities[np.arange(len(self._given)), self._given]
        return float(-np.log(np.maximum(of_given, SMALLEST)).mean())

    def issues(self, probabilities: np.ndarray) -> list[tuple[int, np.ndarray, float]]:
        """(row, suggested labels, probability of the given one) of likely errors, the least probable label first."""
        from cleanlab.filter import find_label_issues

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it advises to have more data
            found = find_label_issues(
                self._given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
            )
        best = probabilities.argmax(axis=1)
        suggested = np.eye(probabilities.shape[1], dtype=bool)
        return [
            (int(row), suggested[best[row]], float(probabilities[row, self._given[row]]))
            for row in found
            if best[row] != self._given[row]
        ]


class _SeveralLabels:
    """Rows of several labels each, or none: each label against all others. given: (N, C) bool."""

    def __init__(self, given: np.ndarray) -> None:
        self._given = given

    def cross_validated(self, features: np.ndarray, penalty: float, seed: int) -> np.ndarray:
        """Each row's probability of each label from classifiers that were not fitted on it, (N, C) float64."""
        from sklearn.model_selection import KFold, cross_val_predict
        from sklearn.multiclass import OneVsRestClassifier

        folds = KFold(n_splits=FOLDS, shuffle=True, random_state=seed)
        classifier = OneVsRestClassifier(_classifier(penalty))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of labels that all rows of a fold carry, or none
            found: np.ndarray = cross_val_predict(
                classifier, features, self._given.astype(int), cv=folds, method="predict_proba"
            )
        return found

    def loss(self, probabilities: np.ndarray) -> float:
        """The mean over labels of the binary log loss."""
        return float(-np.log(np.maximum(self._confidence(probabilities), SMALLEST)).mean())

    def issues(self, probabilities: np.ndarray) -> list[tuple[int, np.ndarray, float]]:
        """(row, suggested labels, probability of the least likely decision on a label), the least likely first."""
        from cleanlab.multilabel_classification.filter import find_label_issues

        lists = [np.flatnonzero(row).tolist() for row in self._given]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = find_label_issues(lists, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
        score = self._confidence(probabilities).min(axis=1)
        suggested = probabilities > 0.5
        rows = sorted((int(row) for row in found), key=lambda row: (score[row], row))
        return [(row, suggested[row], float(score[row])) for row in rows if (suggested[row] != self._given[row]).any()]

    def _confidence(self, probabilities: np.ndarray) -> np.ndarray:
        """(N, C): the probability of what is given, a label or its absence."""
        return np.where(self._given, probabilities, 1 - probabilities)


def _classifier(penalty: float) -> Any:
    """Logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # a loose tolerance: a tenth of the time, and of planted errors as many are found (81 % against 80 %)
    return make_pipeline(StandardScaler(), LogisticRegression(C=penalty, tol=0.01, max_iter=1000))


def _tfidf(texts: Sequence[Text], seed: int) -> np.ndarray | None:
    """The texts' words by TF-IDF, in the WORD_DIMENSIONS that say most; None if too few words occur twice.

    Deerwester et al. 1990, "Indexing by latent semantic analysis". All texts are used and no label, so nothing of a
    held-out row's label is known.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    whole = [text if isinstance(text, str) else " ".join(text) for text in texts]
    try:
        words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=MOST_WORDS, dtype=np.float32).fit_transform(whole)
    except ValueError:  # no word is left
        return None
    if words.shape[1] <= WORD_DIMENSIONS:
        return np.asarray(words.toarray())
    reduced = TruncatedSVD(WORD_DIMENSIONS, n_iter=3, random_state=seed).fit_transform(words)
    return np.asarray(reduced / np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), SMALLEST))
