"""A number a row."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from tasks.errors import GateError
from tasks.scoring.bootstrap import RowScores, Scores
from tasks.scoring.classification import tell_bad_rows
from tasks.scoring.metrics import correlation_statistics
from tasks.settings import settings
from tasks.targets.base import Outputs, Target
from tasks.targets.learning import NOTHING, Decision
from tasks.targets.ranges import as_number, equal_ranges, histogram, quantiles
from tasks.targets.served import Columns, Predicted, numbers_with_intervals

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MOST_POINTS = 2_000
"""So many rows are drawn in the picture of truth and answer."""
BINS = 5
"""Groups of equal size that sides are balanced by and slices are cut by."""


@settings
class NumberTarget(Target):
    """Regression: squared error on numbers of mean 0 and spread 1. Truth: (N, 3).

    A row of truth is the standardised number, and mean and spread of train. The head learns the standardised number;
    when it is saved, mean and spread go into its weights.
    """

    kind: Literal["number"] = "number"
    low: float | None = None
    """The smallest number that is possible; smaller ones are set aside, and no answer is below. null: none."""
    high: float | None = None
    """The largest number that is possible, likewise."""
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    """Numbers of one and the same text that are further apart than this contradict each other."""
    interval: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """How often the interval around an answer shall hold the truth: split conformal, from the errors on val."""

    headline: ClassVar[str] = "spearman"
    verdict: ClassVar[str] = "spearman"
    metrics: ClassVar[Mapping[str, str]] = {
        "spearman": "Spearman correlation",
        "pearson": "Pearson correlation",
        "rmse": "root mean squared error",
        "mae": "mean absolute error",
    }
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"rmse", "mae"})
    not_shares: ClassVar[frozenset[str]] = frozenset(metrics)
    group: ClassVar[str] = "range"
    has_classes: ClassVar[bool] = False
    starts_from_features: ClassVar[bool] = False
    answer_types: ClassVar[Mapping[str, str]] = {
        "number": "number",
        "low": "number",
        "high": "number",
        "answer": "text",
    }
    best_score: ClassVar[float] = 0.0
    row_score: ClassVar[str] = "minus the absolute error"
    type_of_target: ClassVar[str] = "continuous"
    reads: ClassVar[str] = "a number"

    def canonical(self, cell: str) -> str:
        """The shortest text of the number: 4.000 is 4.0."""
        number = as_number(cell)
        return cell if number is None else repr(number)

    def mistake(self, stored: str, text: str) -> str | None:  # noqa: ARG002
        number = as_number(stored)
        if number is None:
            return f"{stored[:40]!r} is no finite number; write one with a point, such as 3.5"
        if self.low is not None and number < self.low:
            return f"{number:g} is below problem.target.low ({self.low:g})"
        if self.high is not None and number > self.high:
            return f"{number:g} is above problem.target.high ({self.high:g})"
        return None

    def classes_of(self, stored: str) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def gives(self, labels: int) -> str:  # noqa: ARG002
        return "a number"

    def strata(self, column: Sequence[str]) -> list[tuple[str, ...]]:
        """Each number's range among those of equally many rows, named by its borders."""
        return [(name,) for name in equal_ranges(self.numbers(column), BINS)]

    def histogram(self, column: Sequence[str]) -> dict[str, int]:
        return histogram(self.numbers(column))

    def quantiles(self, column: Sequence[str]) -> dict[str, float]:
        return quantiles(self.numbers(column))

    def numbers(self, column: Sequence[str]) -> np.ndarray:
        """(N,) float64 of the rows' targets."""
        return np.array([as_number(stored) for stored in column], dtype=np.float64)

    def contradicts(self, one: str, other: str) -> bool:
        first, second = as_number(one), as_number(other)
        return first is None or second is None or abs(first - second) > self.tolerance

    def vector(self, column: Sequence[str], classes: Sequence[str]) -> np.ndarray:  # noqa: ARG002
        return self.numbers(column)

    def from_vector(self, predicted: np.ndarray, classes: Sequence[str]) -> list[str]:  # noqa: ARG002
        return [repr(round(float(number), 6)) for number in np.clip(predicted, self.low, self.high)]

    def usual(self, column: Sequence[str]) -> str:
        return repr(round(float(self.numbers(column).mean()), 6))

    def details(
        self,
        truth: Sequence[str],
        answers: Sequence[str],
        outputs: Outputs,  # noqa: ARG002
        decision: Decision,
    ) -> dict[str, Any]:
        """How often the interval around an answer holds the truth, and each pair of truth and answer."""
        true, given = self.numbers(truth), self.numbers(answers)
        half = decision.get("half_width")
        held = None if half is None else float((np.abs(true - given) <= half).mean())
        points = [[float(x), float(y)] for x, y in zip(true[:MOST_POINTS], given[:MOST_POINTS], strict=True)]
        return {"interval": {"wanted": self.interval, "half_width": half, "held": held}, "points": points}

    def width(self, classes: int) -> int:  # noqa: ARG002
        return 1

    def encode(self, column: Sequence[str], classes: Sequence[str], words: Any) -> "Tensor":  # noqa: ARG002
        """classes: mean and spread of the train rows, as text; see `classes`."""
        import torch

        mean, spread = (float(each) for each in classes)
        numbers = torch.from_numpy(self.numbers(column))
        standard = (numbers - mean) / spread
        return torch.stack(
            [standard, torch.full_like(standard, mean), torch.full_like(standard, spread)], dim=1
        ).float()

    def classes(self, column: Sequence[str]) -> tuple[str, ...]:
        """Not classes but what takes their place: mean and standard deviation of the rows to learn from."""
        numbers = self.numbers(column)
        return repr(float(numbers.mean())), repr(float(numbers.std()) or 1.0)

    def unknown(self, column: Sequence[str], classes: Sequence[str]) -> list[str]:  # noqa: ARG002
        return []

    def losses(self, outputs: "Tensor", truth: "Tensor", loss: Any) -> "Tensor":  # noqa: ARG002
        return (outputs[:, 0] - truth[:, 0]).square()

    def feature_losses(self, outputs: "Tensor", truth: "Tensor") -> "Tensor":
        """Ridge regression."""
        return (outputs[:, 0] - truth[:, 0]).square()

    def divergence(self, one: "Tensor", other: "Tensor") -> "Tensor":
        return (one - other).square().sum(-1)

    def sampled_log_likelihood(self, outputs: "Tensor", generator: "torch.Generator") -> "Tensor":
        """Of a normal distribution around the output with the spread of the train rows."""
        import torch

        noise = torch.randn(outputs.shape, generator=generator).to(outputs.device)
        return -(outputs - (outputs.detach() + noise)).square().sum() / 2

    def val_scores(self, outputs: "Tensor", truth: "Tensor", classes: Sequence[str]) -> dict[str, float]:  # noqa: ARG002
        given, true = outputs[:, 0].double().numpy(), truth[:, 0].double().numpy()
        found = correlation_statistics(true, given)(np.ones((1, len(true))))
        spearman, pearson = (float(found[name][0]) for name in ("spearman", "pearson"))
        return {
            "val_loss": float(np.square(given - true).mean()),
            "val_score": spearman,
            "val_spearman": spearman,
            "val_pearson": pearson,
        }

    def decide(self, outputs: "Tensor", truth: "Tensor") -> Decision:
        """Half the width of the interval: the ⌈(N+1)·interval⌉-th smallest error (arXiv 1604.04173)."""
        errors = (outputs[:, 0] - truth[:, 0]).abs().double().sort().values * float(truth[0, 2])
        rank = min(len(errors), math.ceil((len(errors) + 1) * self.interval))
        return {"half_width": round(float(errors[rank - 1]), 6)}

    def finish_head(self, weights: "dict[str, Tensor]", truth: "Tensor") -> "dict[str, Tensor]":
        mean, spread = float(truth[0, 1]), float(truth[0, 2])
        scaled = {name: value * spread for name, value in weights.items() if name.startswith("head.")}
        return weights | scaled | {"head.bias": scaled["head.bias"] + mean}

    def activate(self, outputs: "Tensor") -> "Tensor":
        return outputs.clamp(self.low, self.high) if (self.low, self.high) != (None, None) else outputs

    def mean_outputs(self, outputs: "Sequence[Tensor]") -> "Tensor":
        import torch

        return torch.stack(list(outputs)).mean(0)

    def cooled(self, mean: np.ndarray, temperature: float) -> np.ndarray:  # noqa: ARG002
        return mean

    def check_outputs(self, outputs: Outputs, lines: Sequence[int]) -> None:
        bad = np.flatnonzero(~np.isfinite(np.asarray(outputs)).all(axis=1))
        if len(bad):
            raise GateError(tell_bad_rows("NaN or infinite", bad, lines, len(outputs)))

    def answers(
        self,
        outputs: Outputs,
        classes: Sequence[str],  # noqa: ARG002
        decision: Decision = NOTHING,  # noqa: ARG002
    ) -> list[str]:
        return [repr(round(float(row[0]), 6)) for row in outputs]

    def served(self, predicted: Predicted, top_k: int) -> Columns:  # noqa: ARG002
        return numbers_with_intervals(predicted, self.low, self.high)

    def score(
        self,
        truth: Sequence[str],
        answers: Sequence[str],
        classes: Sequence[str],  # noqa: ARG002
        outputs: Outputs | None = None,  # noqa: ARG002
    ) -> Scores:
        """A row's score is minus its absolute error."""
        true, given = self.numbers(truth), self.numbers(answers)
        error = np.abs(given - true)
        correlations = correlation_statistics(true, given)

        def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
            total = weights.sum(axis=1)
            return correlations(weights) | {
                "rmse": np.sqrt(weights @ np.square(error) / total),
                "mae": weights @ error / total,
            }

        return RowScores(-error, statistics)
