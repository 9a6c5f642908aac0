"""Features and labels → rows whose label is likely wrong (confident learning)."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tasks.targets import Target
from tasks.texts import Text

FOLDS = 5
INVERSE_PENALTY = 0.01
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
    calibrated probabilities from cross-validation: of a classifier on the base's frozen features or, where that has a
    surely lower loss on held-out rows, on TF-IDF, which reads a text to its end. features: (N, D) float32. Rows that
    name a label with fewer than FOLDS rows are left out.
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
    inputs = {"frozen_features": features[looked_at], "tfidf": _tfidf([texts[place] for place in looked_at], seed)}
    by_model = {
        name: _calibrated(search.cross_validated(each, seed), search.losses, target)
        for name, each in inputs.items()
        if each is not None
    }
    losses = {name: search.losses(probabilities) for name, probabilities in by_model.items()}
    best = "tfidf" if "tfidf" in losses and _is_lower(losses["tfidf"], losses["frozen_features"]) else "frozen_features"
    suspects = tuple(
        Suspect(
            position=int(looked_at[row]),
            given=target.shown(targets[looked_at[row]]),
            suggested=", ".join(names[each] for each in np.flatnonzero(suggested)) or "none of the labels",
            score=round(score, 4),
        )
        for row, suggested, score in search.issues(by_model[best])
    )
    mean_losses = {name: round(float(each.mean()), 6) for name, each in losses.items()}
    return LabelErrors(len(looked_at), skipped, suspects, best, mean_losses)


def _calibrated(probabilities: np.ndarray, losses: Callable[[np.ndarray], np.ndarray], target: Target) -> np.ndarray:
    """The probabilities divided by the temperature that gives the lowest loss: the penalties make them too even."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log: float(losses(target.cooled(probabilities, float(np.exp(log)))).mean()),
        bounds=(-4, 3),
        method="bounded",
        options={"xatol": 0.01},
    )
    return target.cooled(probabilities, float(np.exp(found.x)))


def _is_lower(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the mean of one loss is below the other's by more than two standard errors of the paired difference."""
    difference = other - one
    return bool(difference.mean() > 2 * difference.std() / np.sqrt(len(difference)))


class _OneLabel:
    """Rows of one label each. given: (N, C) bool."""

    def __init__(self, given: np.ndarray) -> None:
        self._given = given.argmax(axis=1)

    def cross_validated(self, features: np.ndarray, seed: int) -> np.ndarray:
        """Each row's probabilities from a classifier that was not fitted on it, (N, C) float64."""
        from sklearn.model_selection import StratifiedKFold

        folds = StratifiedKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
        return _held_out(_classifier(), features, self._given, folds)

    def losses(self, probabilities: np.ndarray) -> np.ndarray:
        """(N,): the log loss of each row's given label."""
        return -np.log(np.maximum(probabilities[np.arange(len(self._given)), self._given], SMALLEST))

    def issues(self, probabilities: np.ndarray) -> list[tuple[int, np.ndarray, float]]:
        """(row, suggested labels, probability of the given one) of likely errors, the least probable label first."""
        from cleanlab.filter import find_label_issues

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it advises to have more data
            found = find_label_issues(self._given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
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

    def cross_validated(self, features: np.ndarray, seed: int) -> np.ndarray:
        """Each row's probability of each label from classifiers that were not fitted on it, (N, C) float64."""
        from sklearn.model_selection import KFold
        from sklearn.multiclass import OneVsRestClassifier

        folds = KFold(n_splits=FOLDS, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of labels that all rows of a fold carry, or none
            return _held_out(OneVsRestClassifier(_classifier()), features, self._given.astype(int), folds)

    def losses(self, probabilities: np.ndarray) -> np.ndarray:
        """(N,): the mean over labels of each row's binary log loss."""
        return -np.log(np.maximum(self._confidence(probabilities), SMALLEST)).mean(axis=1)

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


def _held_out(classifier: Any, features: np.ndarray, given: np.ndarray, folds: Any) -> np.ndarray:
    """(N, C) float64: probabilities from classifiers that were not fitted on the row."""
    from sklearn.model_selection import cross_val_predict
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # small matrices: waiting for one another takes threads up to twenty times as long
        found: np.ndarray = cross_val_predict(classifier, features, given, cv=folds, method="predict_proba")
    return found


def _classifier() -> Any:
    """Logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # a loose tolerance: a tenth of the time, and of planted errors as many are found (81 % against 80 %)
    return make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_PENALTY, tol=0.01, max_iter=1000))


def _tfidf(texts: Sequence[Text], seed: int) -> np.ndarray | None:
    """The texts' words by TF-IDF, in the WORD_DIMENSIONS that say most; None if too few words occur twice.

    Deerwester et al. 1990, "Indexing by latent semantic analysis". All texts are used and no label, so nothing of a
    held-out row's label is known.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    whole = [text if isinstance(text, str) else " ".join(text) for text in texts]
    try:
        words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=MOST_WORDS, dtype=np.float32).fit_transform(
            whole
        )
    except ValueError:  # no word is left
        return None
    if words.shape[1] <= WORD_DIMENSIONS:
        return np.asarray(words.toarray())
    reduced = TruncatedSVD(WORD_DIMENSIONS, n_iter=3, random_state=seed).fit_transform(words)
    return np.asarray(reduced / np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), SMALLEST))
