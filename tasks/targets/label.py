"""One label a row."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from tasks.errors import DataError
from tasks.scoring.bootstrap import RowScores, Scores, Statistics
from tasks.scoring.classification import Scored, check_probabilities
from tasks.settings import settings
from tasks.targets.abstain import ABSTAINED, Abstain, min_confidence, risk_coverage
from tasks.targets.base import Outputs, Target
from tasks.targets.learning import NOTHING, PROTOTYPE_SCALE, Decision
from tasks.targets.served import Columns, Predicted, ranked_labels

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@settings
class LabelTarget(Target):
    """Cross-entropy over labels; the most probable label is the answer. Truth: (N,) label numbers."""

    kind: Literal["label"] = "label"
    abstain: Abstain | None = None
    """Let the model say "none of these" when unsure, e.g. {by: precision, level: 0.95}; null: it always answers."""

    headline: ClassVar[str] = "macro_f1"
    verdict: ClassVar[str] = "accuracy"
    metrics: ClassVar[Mapping[str, str]] = {
        "accuracy": "accuracy",
        "macro_f1": "macro F1",
        "weighted_f1": "weighted F1",
        "mcc": "Matthews correlation",
        "top3": "top-3 accuracy",
        "top5": "top-5 accuracy",
        "log_loss": "log loss",
        "ece": "calibration error",
        "coverage": "share of rows answered",
        "answered_accuracy": "accuracy where answered",
    }
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"log_loss", "ece"})
    needs_outputs: ClassVar[frozenset[str]] = frozenset({"top3", "top5", "log_loss", "ece"})
    not_shares: ClassVar[frozenset[str]] = frozenset({"mcc", "log_loss"})
    verdict_is_share: ClassVar[bool] = True
    is_stored_as_written: ClassVar[bool] = True
    has_one_class: ClassVar[bool] = True
    answer_types: ClassVar[Mapping[str, str]] = {"label": "text", "probability": "number"}
    row_score: ClassVar[str] = "accuracy"
    type_of_target: ClassVar[str] = "multiclass"
    reads: ClassVar[str] = "one label"

    @property
    def told_by_answers(self) -> tuple[str, ...]:
        """Of a model that always answers, not how often it does."""
        left_out = {"coverage", "answered_accuracy"} if self.abstain is None else set()
        return tuple(name for name in self.metrics if name not in self.needs_outputs | left_out)

    def classes_of(self, stored: str) -> tuple[str, ...]:
        return (stored,) if stored else ()

    def gives(self, labels: int) -> str:
        return f"one of {labels} labels"

    def vector(self, column: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        return np.array(number_classes(column, classes), dtype=np.int64)

    def from_vector(self, predicted: np.ndarray, classes: Sequence[str]) -> list[str]:
        return [classes[int(number)] for number in predicted]

    def shown(self, stored: str) -> str:
        return stored or "none of these"

    def encode(self, column: Sequence[str], classes: Sequence[str], words: Any) -> "Tensor":  # noqa: ARG002
        import torch

        return torch.tensor(number_classes(column, classes), dtype=torch.long)

    def row_weights(self, truth: "Tensor", classes: int, class_weights: str) -> "Tensor":
        """1, or "balanced": N / (C · the label's rows), so that all labels count the same."""
        import torch

        if class_weights == "none":
            return torch.ones(len(truth))
        counts = torch.bincount(truth, minlength=classes).clamp(min=1).float()
        return (len(truth) / (classes * counts))[truth]

    def losses(self, outputs: "Tensor", truth: "Tensor", loss: Any) -> "Tensor":
        return loss.rows(outputs, truth)

    def start_head(self, head: "torch.nn.Linear", features: "Tensor | None", truth: "Tensor") -> None:
        """Point each label's weights along the mean feature of its rows (Snell et al. 2017, cosine form)."""
        import torch
        from torch import nn

        assert features is not None
        with torch.no_grad():
            for label in range(head.out_features):
                prototype = nn.functional.normalize(features[truth == label].mean(0), dim=0)
                head.weight[label] = prototype * PROTOTYPE_SCALE / features.shape[1] ** 0.5

    def val_scores(self, outputs: "Tensor", truth: "Tensor", classes: Sequence[str]) -> dict[str, float]:  # noqa: ARG002
        from torch.nn import functional as F

        predicted = outputs.argmax(-1)
        f1 = macro_f1(predicted, truth, outputs.shape[1])
        return {
            "val_loss": float(F.cross_entropy(outputs, truth)),
            "val_score": f1,
            "val_accuracy": float((predicted == truth).float().mean()),
            "val_macro_f1": f1,
        }

    def fit_temperature(self, outputs: "Tensor", truth: "Tensor") -> float:
        from torch.nn import functional as F

        from tasks.targets.temperature import fit_temperature

        return fit_temperature(lambda temperature: F.cross_entropy(outputs.double() / temperature, truth))

    def decide(self, outputs: "Tensor", truth: "Tensor") -> Decision:
        if self.abstain is None:
            return NOTHING
        probabilities = outputs.double().softmax(-1)
        confidence, guess = probabilities.max(-1)
        given = probabilities.gather(1, truth[:, None]).squeeze(1)
        return {
            "min_confidence": min_confidence(self.abstain, confidence.numpy(), (guess == truth).numpy(), given.numpy())
        }

    def check_outputs(self, outputs: Outputs, lines: Sequence[int]) -> None:
        check_probabilities(np.asarray(outputs), len(lines), lines)

    def answers(self, outputs: Outputs, classes: Sequence[str], decision: Decision = NOTHING) -> list[str]:
        probabilities = np.asarray(outputs)
        best = [classes[number] for number in probabilities.argmax(axis=1)] if len(probabilities) else []
        least = float(decision.get("min_confidence", 0.0))
        sure = probabilities.max(axis=1, initial=0) >= least
        return [label if is_sure else ABSTAINED for label, is_sure in zip(best, sure, strict=True)]

    def served(self, predicted: Predicted, top_k: int) -> Columns:
        """Of a model that may abstain also answer, empty where it does."""
        columns = ranked_labels(predicted, top_k)
        return columns if self.abstain is None else columns | {"answer": list(predicted.answers)}

    def true_probability(self, outputs: Outputs, truth: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        return np.asarray(outputs)[np.arange(len(truth)), number_classes(truth, classes)]

    def details(
        self,
        truth: Sequence[str],
        answers: Sequence[str],
        outputs: Outputs,
        decision: Decision,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Of a model that may abstain: accuracy at each coverage, the surest rows first (El-Yaniv & Wiener 2010)."""
        if self.abstain is None:
            return {}
        return {"risk_coverage": risk_coverage(self.confidence(outputs), answers, truth)}

    def confidence(self, outputs: Outputs) -> np.ndarray:
        return np.asarray(outputs, dtype=np.float64).max(axis=1) if len(outputs) else np.zeros(0)

    def score(
        self,
        truth: Sequence[str],
        answers: Sequence[str],
        classes: Sequence[str],
        outputs: Outputs | None = None,
    ) -> Scores:
        """An answer that is none of the classes, such as an abstention, counts as wrong."""
        known = {label: number for number, label in enumerate(classes)}
        others = not set(answers) <= known.keys()
        guess = np.array([known.get(answer, len(classes)) for answer in answers], dtype=np.int64)
        probabilities = None if outputs is None else np.asarray(outputs, dtype=np.float32)
        if others and probabilities is not None:
            probabilities = np.pad(probabilities, ((0, 0), (0, 1)))
        scored = Scored(
            np.array(number_classes(truth, classes), dtype=np.int64), guess, len(classes) + others, probabilities
        )
        if self.abstain is None:
            return scored
        answered = np.array([answer != ABSTAINED for answer in answers], dtype=np.float64)
        return RowScores(scored.scores, _with_coverage(scored, answered))


def _with_coverage(scored: Scored, answered: np.ndarray) -> Statistics:
    """The metrics, the share of rows answered, and the share of those that are right; answered: (N,) 0 or 1."""

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        rows = weights @ answered
        right = np.divide(weights @ scored.correct, rows, out=np.full(len(weights), np.nan), where=rows > 0)
        return scored.statistics(weights) | {"coverage": rows / weights.sum(axis=1), "answered_accuracy": right}

    return statistics


def number_classes(column: Sequence[str], classes: Sequence[str]) -> list[int]:
    """Each label's place among the classes. Raises DataError on one that is none of them."""
    place = {label: number for number, label in enumerate(classes)}
    unknown = sorted({label for label in column if label not in place})
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise DataError(f"the model does not know the label {unknown[0]!r}{more}. Run split and finetune again.")
    return [place[label] for label in column]


def macro_f1(predicted: "Tensor", truth: "Tensor", classes: int) -> float:
    """The mean over labels of 2·hits / (predicted + true); labels that are neither predicted nor true are left out."""
    import torch

    hits = torch.bincount(truth[predicted == truth], minlength=classes).double()
    total = (torch.bincount(predicted, minlength=classes) + torch.bincount(truth, minlength=classes)).double()
    return float((2 * hits[total > 0] / total[total > 0]).mean())
