"""What is asked of a row, and everything that follows from it: the questions that only a target answers.

All tables keep a row's target in the one column `label`, as text in a canonical form that the target writes and reads:
a label as it is; several labels as a JSON list, sorted; a number in its shortest form; tags with one space between, one
for each word of the text (words have one space between, too). So ids, conflicts, diffs, recalls and pages treat all
targets alike, and no stage needs to know which it carries.

Shapes: N rows, C classes, W words of the longest row. Outputs are what the head gives, (N, C), (N, 1) for a number and
(N, W, C) for tags; truth is what it should give: see each target.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tasks.scoring.bootstrap import Scores
from tasks.settings import settings
from tasks.targets.learning import NOTHING, Decision, Learning
from tasks.targets.served import Columns, Predicted

if TYPE_CHECKING:
    from torch import Tensor

Outputs = Sequence[np.ndarray] | np.ndarray
"""What `predict` gives: an array a row."""
SMALLEST = float(np.finfo(np.float32).tiny)
"""What a probability that rounds to 0 counts as when its logarithm is taken."""


@settings
class Target(Learning):
    """What every target is. A new one is its file, and its line in tasks.targets.AnyTarget."""

    kind: str
    """How params.yaml and about.json name it."""

    headline: ClassVar[str]
    """The metric that picks the best epoch, on val."""
    verdict: ClassVar[str]
    """The metric that gate, comparison and reports speak of first."""
    metrics: ClassVar[Mapping[str, str]]
    """Each metric that `score` measures, in the order of reports, with its title."""
    lower_is_better: ClassVar[frozenset[str]] = frozenset()
    """Those of them that are better when lower."""
    needs_outputs: ClassVar[frozenset[str]] = frozenset()
    """Those of them that answers alone cannot tell."""
    not_shares: ClassVar[frozenset[str]] = frozenset()
    """Those of them that are no share of one: pages show them as plain numbers, all others as percentages."""
    best_score: ClassVar[float] = 1.0
    """The score of a row that is answered perfectly."""
    row_score: ClassVar[str]
    """What a row's score is, in a person's words."""
    type_of_target: ClassVar[str]
    """scikit-learn's word for what `vector` gives; none where words are answered."""
    verdict_is_share: ClassVar[bool] = False
    """Whether the verdict metric is the share of rows whose score is 1, all others' being 0."""
    group: ClassVar[str] = "label"
    """What the groups of `strata` are, in a person's words."""
    is_stored_as_written: ClassVar[bool] = False
    """Whether tables keep cells as they are in the file."""
    has_one_class: ClassVar[bool] = False
    """Whether each row is of one class, so that outputs rank the classes."""
    per_word: ClassVar[bool] = False
    """Whether each word is answered, and not the row as a whole."""
    has_classes: ClassVar[bool] = True
    """Whether an answer names classes of a fixed list."""
    starts_from_features: ClassVar[bool] = True
    """Whether the head is set by the train rows' features before anything is learned."""
    hub_task: ClassVar[str] = "text-classification"
    """The Hugging Face hub's word for it."""
    answer_types: ClassVar[Mapping[str, str]]
    """Each column of `served`, and what it holds: text, number, texts, numbers by name, or spans."""
    reads: ClassVar[str]
    """What the label column must hold, in a person's words."""

    @property
    def told_by_answers(self) -> tuple[str, ...]:
        """The metrics that `score` measures without outputs."""
        return tuple(name for name in self.metrics if name not in self.needs_outputs)

    # what a row's target is, as text
    def canonical(self, cell: str) -> str:
        """A cell of a file in the form that tables keep; a cell that makes no sense stays as it is."""
        return cell

    def canonical_row(self, text: str, cell: str) -> tuple[str, str]:
        """The text and the target of a row as tables keep them; only a target of words changes the text."""
        return text, self.canonical(cell)

    def readable(self, text: str) -> str:
        """A text as the model reads it."""
        return text

    def mistake(self, stored: str, text: str) -> str | None:  # noqa: ARG002
        """Why a row's target cannot be used, as one sentence with what to do; None if it can."""
        return None

    def classes_of(self, stored: str) -> tuple[str, ...]:
        """The classes that a row's target names, each once."""
        raise NotImplementedError

    def claims(self, stored: str) -> set[tuple[str, Any]]:
        """What a target says of its row, each with its group: that it has a label, or a span from here to there."""
        return {(each, each) for each in self.classes_of(stored)}

    def classes(self, column: Sequence[str]) -> tuple[str, ...]:
        """All classes of the rows to learn from, in the order of the outputs."""
        return tuple(sorted({each for stored in column for each in self.classes_of(stored)}))

    def unknown(self, column: Sequence[str], classes: Sequence[str]) -> list[str]:
        """Classes that rows name and a model of `classes` does not know."""
        return sorted({each for stored in column for each in self.classes_of(stored)} - set(classes))

    def strata(self, column: Sequence[str]) -> list[tuple[str, ...]]:
        """The groups that each row is in, for balancing sides, rare groups and tables by group."""
        return [self.classes_of(stored) for stored in column]

    def histogram(self, column: Sequence[str]) -> dict[str, int]:  # noqa: ARG002
        """How many rows lie in each range, where targets are numbers; else nothing."""
        return {}

    def quantiles(self, column: Sequence[str]) -> dict[str, float]:  # noqa: ARG002
        """Smallest, quartiles, mean and largest, where targets are numbers; else nothing."""
        return {}

    def rows_by_group(self, column: Sequence[str]) -> dict[str, np.ndarray]:
        """Places of each group's rows, rising, by the group's kind and name, sorted."""
        places: dict[str, list[int]] = {}
        for row, own in enumerate(self.strata(column)):
            for name in own:
                places.setdefault(name, []).append(row)
        return {f"{self.group} {name}": np.array(places[name]) for name in sorted(places)}

    def contradicts(self, one: str, other: str) -> bool:
        """Whether two targets of one and the same text cannot both be right."""
        return one != other

    def shown(self, stored: str) -> str:
        """The target as a person reads it."""
        return stored

    def shown_on(self, text: str, stored: str) -> str:  # noqa: ARG002
        """The same beside its text."""
        return self.shown(stored)

    def marked(self, text: str, stored: str) -> list[tuple[str, str]]:  # noqa: ARG002
        """The text cut where spans begin and end, each piece with its span's type or ""; nothing without spans."""
        return []

    def vector(self, column: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        """The targets as scikit-learn takes them, see `type_of_target`."""
        raise NotImplementedError

    def from_vector(self, predicted: np.ndarray, classes: Sequence[str]) -> list[str]:
        """What scikit-learn predicts, as tables keep it."""
        raise NotImplementedError

    def usual(self, column: Sequence[str]) -> str:
        """The most frequent target, of equals the first."""
        return min(Counter(column).items(), key=lambda each: (-each[1], each[0]))[0]

    def gives(self, labels: int) -> str:
        """What a model answers, in a card's words; labels: how many there are."""
        return f"{self.reads} out of {labels}"

    # what a model says
    def activate(self, outputs: "Tensor") -> "Tensor":
        """Outputs → what `predict` gives: probabilities, or the number."""
        return outputs.softmax(-1)

    def mean_outputs(self, outputs: "Sequence[Tensor]") -> "Tensor":
        """What several models say together, as outputs: the logarithm of the mean of their probabilities."""
        import math

        import torch

        stacked = torch.stack([each.log_softmax(-1) for each in outputs])
        return stacked.logsumexp(0) - math.log(len(outputs))

    def cooled(self, mean: np.ndarray, temperature: float) -> np.ndarray:
        """What is predicted, divided by a temperature: softmax(log p / temperature); 1 leaves it as it is."""
        if temperature == 1.0:
            return mean
        scaled = np.log(np.maximum(mean, SMALLEST)) / temperature
        grown = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        result: np.ndarray = grown / grown.sum(axis=-1, keepdims=True)
        return result

    def check_outputs(self, outputs: Outputs, lines: Sequence[int]) -> None:
        """Raise GateError, naming the first bad row by its line, unless these are such outputs as can be measured."""
        raise NotImplementedError

    def answers(self, outputs: Outputs, classes: Sequence[str], decision: Decision = NOTHING) -> list[str]:
        """The answer to each row, in the form that tables keep. outputs: what `predict` gives, an array a row."""
        raise NotImplementedError

    def confidence(self, outputs: Outputs) -> np.ndarray:
        """How sure the model is of each answer, (N,) float64; NaN where that has no meaning."""
        return np.full(len(outputs), np.nan)

    def served(self, predicted: Predicted, top_k: int) -> Columns:
        """What a served model answers; the columns' types are in `answer_types`.

        top_k: how many classes are wanted, where they are ranked.
        """
        raise NotImplementedError

    def numbers_behind(self, outputs: Outputs) -> list[np.ndarray]:
        """The numbers behind each answer that predictions.parquet keeps, one array a row."""
        return [np.asarray(each).ravel() for each in outputs]

    def true_probability(self, outputs: Outputs, truth: Sequence[str], classes: Sequence[str]) -> np.ndarray | None:  # noqa: ARG002
        """The probability that the model gave the true class, (N,); None where there is no such one."""
        return None

    def details(
        self,
        truth: Sequence[str],  # noqa: ARG002
        answers: Sequence[str],  # noqa: ARG002
        outputs: Outputs,  # noqa: ARG002
        decision: Decision,  # noqa: ARG002
    ) -> dict[str, Any]:
        """What else an evaluation tells of this target alone."""
        return {}

    # how good it is
    def score(
        self,
        truth: Sequence[str],
        answers: Sequence[str],
        classes: Sequence[str],
        outputs: Outputs | None = None,
    ) -> Scores:
        """Answers held against the truth; outputs add what only they can tell, such as calibration."""
        raise NotImplementedError
