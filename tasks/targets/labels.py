"""Several labels a row, or none."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from tasks.errors import DataError, GateError
from tasks.scoring.bootstrap import RowScores, Scores
from tasks.scoring.classification import tell_bad_rows
from tasks.scoring.metrics import best_threshold, f1_statistics
from tasks.settings import settings
from tasks.targets.base import Outputs, Target
from tasks.targets.learning import NOTHING, PROTOTYPE_SCALE, Decision
from tasks.targets.served import Columns, Predicted, label_sets

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@settings
class LabelsTarget(Target):
    """Binary cross-entropy for each label; the answer is every label above its threshold. Truth: (N, C) of 0 and 1."""

    kind: Literal["labels"] = "labels"
    separator: Annotated[str, Field(min_length=1, max_length=8)] | None = None
    """What stands between the labels of a text cell, e.g. "," or "#"; null: cells are lists (jsonl, parquet)."""
    may_be_empty: bool = False
    """Whether a row without any label is right; else it is set aside."""
    thresholds: Literal["tuned", "half"] = "tuned"
    """tuned: each label's threshold is the one with the best F1 on val; half: 0.5 for all."""

    headline: ClassVar[str] = "macro_f1"
    verdict: ClassVar[str] = "macro_f1"
    metrics: ClassVar[Mapping[str, str]] = {
        "macro_f1": "macro F1",
        "micro_f1": "micro F1",
        "subset_accuracy": "all labels right",
        "jaccard": "Jaccard index",
        "log_loss": "log loss",
    }
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"log_loss"})
    needs_outputs: ClassVar[frozenset[str]] = frozenset({"log_loss"})
    not_shares: ClassVar[frozenset[str]] = frozenset({"log_loss"})
    answer_types: ClassVar[Mapping[str, str]] = {
        "labels": "texts",
        "probabilities": "numbers by name",
        "answer": "text",
    }
    row_score: ClassVar[str] = "Jaccard index"
    type_of_target: ClassVar[str] = "multilabel-indicator"
    reads: ClassVar[str] = "several labels"

    def canonical(self, cell: str) -> str:
        """A JSON list of the labels, each once, sorted."""
        labels = _listed(cell)
        if labels is None:
            parts = cell.split(self.separator) if self.separator and cell else [cell] * bool(cell)
            labels = [part.strip() for part in parts]
        return written(labels)

    def mistake(self, stored: str, text: str) -> str | None:  # noqa: ARG002
        labels = _listed(stored)
        if labels is None:
            return "the labels are no list; write a list, or set problem.target.separator"
        if "" in labels:
            return "one of the labels is empty; remove the separator too many, or write the label"
        if not labels and not self.may_be_empty:
            return "the row has no label; write one, or set problem.target.may_be_empty: true"
        return None

    def classes_of(self, stored: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_listed(stored) or ()))

    def gives(self, labels: int) -> str:
        return f"any of {labels} labels"

    def shown(self, stored: str) -> str:
        return ", ".join(self.classes_of(stored)) or "no label"

    def encode(self, column: Sequence[str], classes: Sequence[str], words: Any) -> "Tensor":  # noqa: ARG002
        import torch

        return torch.from_numpy(self.matrix(column, classes)).float()

    def matrix(self, column: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        """(N, C) bool, which labels each row carries. Raises DataError on a label that is none of the classes."""
        place = {label: number for number, label in enumerate(classes)}
        matrix = np.zeros((len(column), len(classes)), dtype=bool)
        for row, stored in enumerate(column):
            for label in self.classes_of(stored):
                if label not in place:
                    raise DataError(f"the model does not know the label {label!r}. Run split and finetune again.")
                matrix[row, place[label]] = True
        return matrix

    def vector(self, column: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        return self.matrix(column, classes).astype(np.int64)

    def from_vector(self, predicted: np.ndarray, classes: Sequence[str]) -> list[str]:
        return [written([classes[label] for label in np.flatnonzero(row).tolist()]) for row in predicted]

    def losses(self, outputs: "Tensor", truth: "Tensor", loss: Any) -> "Tensor":
        return loss.binary(outputs, truth).mean(-1)

    def feature_losses(self, outputs: "Tensor", truth: "Tensor") -> "Tensor":
        """One logistic regression a label."""
        from torch.nn import functional as F

        return F.binary_cross_entropy_with_logits(outputs, truth.to(outputs.dtype), reduction="none").sum(-1)

    def divergence(self, one: "Tensor", other: "Tensor") -> "Tensor":
        return ((one.sigmoid() - other.sigmoid()) * (one - other)).mean(-1)

    def sampled_log_likelihood(self, outputs: "Tensor", generator: "torch.Generator") -> "Tensor":
        import torch
        from torch.nn import functional as F

        drawn = torch.bernoulli(outputs.detach().sigmoid().cpu(), generator=generator).to(outputs.device)
        return -F.binary_cross_entropy_with_logits(outputs, drawn, reduction="sum")

    def start_head(self, head: "torch.nn.Linear", features: "Tensor | None", truth: "Tensor") -> None:
        """Each label's weights point from the mean of the rows without it to the mean of those with it.

        The border lies half-way, moved by the log odds of the label, as in a linear discriminant.
        """
        import torch
        from torch import nn

        assert features is not None
        with torch.no_grad():
            for label in range(head.out_features):
                has = truth[:, label] > 0
                share = float(has.float().mean())
                if not 0 < share < 1:
                    head.bias[label] = 4.0 if share else -4.0
                    continue
                with_it, without = features[has].mean(0), features[~has].mean(0)
                apart = nn.functional.normalize(with_it - without, dim=0) * PROTOTYPE_SCALE / features.shape[1] ** 0.5
                head.weight[label] = apart
                head.bias[label] = np.log(share / (1 - share)) - float(apart @ (with_it + without)) / 2

    def val_scores(self, outputs: "Tensor", truth: "Tensor", classes: Sequence[str]) -> dict[str, float]:  # noqa: ARG002
        """With the thresholds that fit these very rows, where they are tuned: epochs are picked by what they can do."""
        from torch.nn import functional as F

        given, true = outputs.double().sigmoid().numpy(), truth.numpy() > 0
        found = f1_statistics(true, given >= self._thresholds(given, true))(np.ones((1, len(true))))
        macro, micro = float(found["macro_f1"][0]), float(found["micro_f1"][0])
        loss = float(F.binary_cross_entropy_with_logits(outputs, truth))
        return {"val_loss": loss, "val_score": macro, "val_macro_f1": macro, "val_micro_f1": micro}

    def fit_temperature(self, outputs: "Tensor", truth: "Tensor") -> float:
        from torch.nn import functional as F

        from tasks.targets.temperature import fit_temperature

        return fit_temperature(
            lambda temperature: F.binary_cross_entropy_with_logits(outputs.double() / temperature, truth.double())
        )

    def decide(self, outputs: "Tensor", truth: "Tensor") -> Decision:
        bounds = self._thresholds(outputs.double().sigmoid().numpy(), truth.numpy() > 0)
        return {"thresholds": [round(float(each), 6) for each in bounds]}

    def _thresholds(self, given: np.ndarray, true: np.ndarray) -> np.ndarray:
        if self.thresholds == "half":
            return np.full(given.shape[1], 0.5)
        return np.array([best_threshold(given[:, label], true[:, label]) for label in range(given.shape[1])])

    def activate(self, outputs: "Tensor") -> "Tensor":
        return outputs.sigmoid()

    def mean_outputs(self, outputs: "Sequence[Tensor]") -> "Tensor":
        import torch

        return torch.stack([each.sigmoid() for each in outputs]).mean(0).logit(eps=1e-7)

    def cooled(self, mean: np.ndarray, temperature: float) -> np.ndarray:
        if temperature == 1.0:
            return mean
        odds = np.clip(mean, 1e-12, 1 - 1e-12)
        return np.asarray(1 / (1 + ((1 - odds) / odds) ** (1 / temperature)))

    def check_outputs(self, outputs: Outputs, lines: Sequence[int]) -> None:
        given = np.asarray(outputs)
        bad = np.flatnonzero(~((given >= 0) & (given <= 1)).all(axis=1))  # NaN is neither
        if len(bad):
            raise GateError(tell_bad_rows("no probabilities", bad, lines, len(given)))

    def answers(self, outputs: Outputs, classes: Sequence[str], decision: Decision = NOTHING) -> list[str]:
        bounds = np.asarray(decision.get("thresholds", [0.5] * len(classes)))
        return [written([classes[label] for label in np.flatnonzero(row >= bounds).tolist()]) for row in outputs]

    def served(self, predicted: Predicted, top_k: int) -> Columns:  # noqa: ARG002
        return label_sets(predicted, self.classes_of)

    def score(
        self,
        truth: Sequence[str],
        answers: Sequence[str],
        classes: Sequence[str],
        outputs: Outputs | None = None,
    ) -> Scores:
        """A row's score is the Jaccard index of its labels and those answered: 1 where both are the same."""
        known = set(classes)
        extra = sorted({label for answer in answers for label in self.classes_of(answer)} - known)
        true, guess = (self.matrix(column, [*classes, *extra]) for column in (truth, answers))
        either = (true | guess).sum(axis=1)
        jaccard = np.divide((true & guess).sum(axis=1), either, out=np.ones(len(true)), where=either > 0)
        columns = {"subset_accuracy": (true == guess).all(axis=1).astype(np.float64), "jaccard": jaccard}
        if outputs is not None:
            given = np.clip(np.asarray(outputs, dtype=np.float64), 1e-7, 1 - 1e-7)
            is_true = true[:, : len(classes)]
            columns["log_loss"] = -np.where(is_true, np.log(given), np.log1p(-given)).mean(axis=1)
        by_count = f1_statistics(true, guess)

        def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
            total = weights.sum(axis=1)
            return by_count(weights) | {name: weights @ column / total for name, column in columns.items()}

        return RowScores(jaccard, statistics)


def written(labels: Sequence[str]) -> str:
    """Labels as tables keep them."""
    return json.dumps(sorted(set(labels)), ensure_ascii=False, separators=(",", ":"))


def _listed(cell: str) -> list[str] | None:
    """The labels of a cell that is a JSON list of words; None if it is none."""
    if not cell.startswith("["):
        return None
    try:
        found = json.loads(cell)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(each, str) for each in found) else None
