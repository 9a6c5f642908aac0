"""A tag for each word: named entities, slots, parts of speech."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from tasks.errors import DataError, GateError
from tasks.scoring.bootstrap import RowScores, Scores
from tasks.scoring.classification import tell_bad_rows
from tasks.settings import settings
from tasks.targets.base import Outputs, Target
from tasks.targets.learning import NOTHING, Decision
from tasks.targets.served import Columns, Predicted, tagged_words
from tasks.targets.spans import (
    OUTSIDE,
    is_prefixed,
    marked_spans,
    read_tags,
    repaired,
    span_counts,
    span_statistics,
    spans_of,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor

IGNORED = -100
"""Truth of a word that has no token of its own, or lies beyond the base's window: it is not learned from."""


@settings
class TagsTarget(Target):
    """Cross-entropy at each word's first token; the most probable tag is the answer. Truth: (N, W) tag numbers.

    Tags such as B-person and I-person mark spans, others stand for themselves. Words that the base does not read, since
    they lie beyond base.max_tokens, are answered O.
    """

    kind: Literal["tags"] = "tags"
    illegal: Literal["repair", "refuse"] = "repair"
    """An I- tag that continues nothing: repair makes it B-, as conlleval reads it; refuse sets the row aside."""

    headline: ClassVar[str] = "span_f1"
    verdict: ClassVar[str] = "span_f1"
    metrics: ClassVar[Mapping[str, str]] = {
        "span_f1": "span F1",
        "span_precision": "span precision",
        "span_recall": "span recall",
        "macro_span_f1": "span F1, mean over types",
        "word_accuracy": "words with the right tag",
    }
    group: ClassVar[str] = "type"
    per_word: ClassVar[bool] = True
    starts_from_features: ClassVar[bool] = False
    hub_task: ClassVar[str] = "token-classification"
    answer_types: ClassVar[Mapping[str, str]] = {"tags": "texts", "spans": "spans", "answer": "text"}
    row_score: ClassVar[str] = "span F1 of the row"
    reads: ClassVar[str] = "a tag for each word"

    def canonical_row(self, text: str, cell: str) -> tuple[str, str]:
        """Words with one space between, and a tag for each. A cell may hold tags or, as a JSON list, spans of the text:
        {"start", "end", "label"} in characters."""
        return read_tags(text, cell, repair=self.illegal == "repair")

    def readable(self, text: str) -> str:
        return " ".join(text.split())

    def canonical(self, cell: str) -> str:
        return self.canonical_row(" ".join(["-"] * len(cell.split())), cell)[1]

    def mistake(self, stored: str, text: str) -> str | None:
        if stored.startswith("["):
            return "its spans do not begin and end at words, or overlap; correct start and end"
        words, tags = text.split(" "), stored.split(" ")
        if len(words) != len(tags) or "" in (*words, *tags):
            return f"{len(text.split()):,} words but {len(stored.split()):,} tags; give one tag for each word"
        if self.illegal == "refuse" and repaired(tags) != tags:
            word = next(place for place, (is_, was) in enumerate(zip(repaired(tags), tags, strict=True)) if is_ != was)
            return f"tag {tags[word]} of word {word + 1} continues no span; begin it with B- (problem.target.illegal)"
        return None

    def classes_of(self, stored: str) -> tuple[str, ...]:
        """The types of the row's spans."""
        return tuple(dict.fromkeys(span.type for span in spans_of(stored.split(" "))))

    def claims(self, stored: str) -> set[tuple[str, Any]]:
        return {(span.type, span) for span in spans_of(stored.split(" "))}

    def shown_on(self, text: str, stored: str) -> str:
        return ", ".join(f"{words} ({label})" for words, label in self.marked(text, stored) if label) or "no span"

    def marked(self, text: str, stored: str) -> list[tuple[str, str]]:
        return marked_spans(text, stored.split(" "))

    def numbers_behind(self, outputs: Outputs) -> list[np.ndarray]:
        return [np.asarray(each).max(axis=1, initial=0.0) for each in outputs]

    def details(
        self,
        truth: Sequence[str],  # noqa: ARG002
        answers: Sequence[str],  # noqa: ARG002
        outputs: Outputs,
        decision: Decision,  # noqa: ARG002
    ) -> dict[str, Any]:
        """How many words there are, and how many the base did not read."""
        unread = sum(int((~np.asarray(each).any(axis=1)).sum()) for each in outputs)
        return {"words": {"all": sum(map(len, outputs)), "unread": unread}}

    def classes(self, column: Sequence[str]) -> tuple[str, ...]:
        """All tags: O, and of each type B- and I-, whether or not both occur."""
        seen = {tag for stored in column for tag in stored.split(" ")}
        types = {tag[2:] for tag in seen if is_prefixed(tag)}
        plain = {tag for tag in seen if not is_prefixed(tag)} | ({OUTSIDE} if types else set())
        return (*sorted(plain), *(f"{prefix}-{each}" for each in sorted(types) for prefix in "BI"))

    def unknown(self, column: Sequence[str], classes: Sequence[str]) -> list[str]:
        return sorted({tag for stored in column for tag in stored.split(" ")} - set(classes))

    def gives(self, labels: int) -> str:
        return f"each word one of {labels} tags"

    def strata(self, column: Sequence[str]) -> list[tuple[str, ...]]:
        return [self.classes_of(stored) or ("no span",) for stored in column]

    def encode(
        self, column: Sequence[str], classes: Sequence[str], words: "Sequence[Sequence[int]] | None"
    ) -> "Tensor":
        import torch

        assert words is not None  # token_ids gives them where a target is per_word
        place = {tag: number for number, tag in enumerate(classes)}
        truth = torch.full((len(column), max(map(len, words), default=1)), IGNORED)
        for row, (stored, starts) in enumerate(zip(column, words, strict=True)):
            tags = stored.split(" ")
            unknown = next((tag for tag in tags if tag not in place), None)
            if unknown is not None or len(tags) != len(starts):
                what = "tags and words differ in number" if unknown is None else f"the model does not know {unknown!r}"
                raise DataError(f"{what}. Run validate, split and finetune again.")
            numbers = [place[tag] if start >= 0 else IGNORED for tag, start in zip(tags, starts, strict=True)]
            truth[row, : len(numbers)] = torch.tensor(numbers)
        return truth

    def row_weights(self, truth: "Tensor", classes: int, class_weights: str) -> "Tensor":
        """Every word counts the same."""
        super().row_weights(truth, classes, class_weights)  # refuses weights of classes
        return (truth != IGNORED).sum(1).clamp(min=1).float()

    def losses(self, outputs: "Tensor", truth: "Tensor", loss: Any) -> "Tensor":
        import torch

        is_word = truth != IGNORED
        by_word = torch.zeros(truth.shape, dtype=outputs.dtype, device=outputs.device)
        by_word[is_word] = loss.rows(outputs[is_word], truth[is_word])
        return by_word.sum(1) / is_word.sum(1).clamp(min=1)

    def flat(self, truth: "Tensor") -> "Tensor":
        return truth[truth != IGNORED]

    def unflat(self, outputs: "Tensor", truth: "Tensor") -> "Tensor":
        placed = outputs.new_zeros(*truth.shape, outputs.shape[-1])
        placed[truth != IGNORED] = outputs
        return placed

    def start_head(self, head: "torch.nn.Linear", features: "Tensor | None", truth: "Tensor") -> None:  # noqa: ARG002
        """Weights of zero, and each tag as probable as it is frequent."""
        import torch

        with torch.no_grad():
            counts = torch.bincount(truth[truth != IGNORED], minlength=head.out_features) + 1
            head.bias.copy_((counts / counts.sum()).log())

    def val_scores(self, outputs: "Tensor", truth: "Tensor", classes: Sequence[str]) -> dict[str, float]:
        """Of the words that the base reads; those beyond its window are left out here."""
        from torch.nn import functional as F

        is_word = truth != IGNORED
        predicted = outputs.argmax(-1)
        true, said = (
            [[classes[tag] for tag in row[there].tolist()] for row, there in zip(numbers, is_word, strict=True)]
            for numbers in (truth, predicted)
        )
        rows = [(spans_of(one), spans_of(other)) for one, other in zip(true, said, strict=True)]
        f1 = float(span_statistics(*span_counts(rows))(np.ones((1, len(rows))))["span_f1"][0])
        return {
            "val_loss": float(F.cross_entropy(outputs[is_word], truth[is_word])),
            "val_score": f1,
            "val_span_f1": f1,
            "val_word_accuracy": float((predicted[is_word] == truth[is_word]).float().mean()),
        }

    def fit_temperature(self, outputs: "Tensor", truth: "Tensor") -> float:
        from torch.nn import functional as F

        from tasks.targets.temperature import fit_temperature

        words, true = outputs[truth != IGNORED].double(), truth[truth != IGNORED]
        return fit_temperature(lambda temperature: F.cross_entropy(words / temperature, true))

    def cooled(self, mean: np.ndarray, temperature: float) -> np.ndarray:
        """A word without probabilities, since the base read no token of it, stays without."""
        return np.where(mean.any(axis=-1, keepdims=True), super().cooled(mean, temperature), 0.0)

    def check_outputs(self, outputs: Outputs, lines: Sequence[int]) -> None:
        bad = np.array([row for row, each in enumerate(outputs) if not np.isfinite(each).all()], dtype=np.int64)
        if len(bad):
            raise GateError(tell_bad_rows("NaN or infinite", bad, lines, len(outputs)))

    def answers(
        self,
        outputs: Outputs,
        classes: Sequence[str],
        decision: Decision = NOTHING,  # noqa: ARG002
    ) -> list[str]:
        """A word without a probability, since the base read no token of it, is answered O; the sequence is legal."""
        return [
            " ".join(repaired([classes[int(word.argmax())] if word.any() else OUTSIDE for word in np.asarray(row)]))
            for row in outputs
        ]

    def confidence(self, outputs: Outputs) -> np.ndarray:
        """The mean over the words of the probability of the answer; outputs may hold those alone, (W,) a row."""
        rows = [np.asarray(row, dtype=np.float64) for row in outputs]
        return np.array([float((row if row.ndim == 1 else row.max(axis=1)).mean()) for row in rows])

    def served(self, predicted: Predicted, top_k: int) -> Columns:  # noqa: ARG002
        return tagged_words(predicted)

    def score(
        self,
        truth: Sequence[str],
        answers: Sequence[str],
        classes: Sequence[str],  # noqa: ARG002
        outputs: Outputs | None = None,  # noqa: ARG002
    ) -> Scores:
        """A span is right if type, beginning and end are. A row's score is its own span F1, or 1 where there is none
        and none is answered."""
        words = [(true.split(" "), said.split(" ")) for true, said in zip(truth, answers, strict=True)]
        rows = [(spans_of(true), spans_of(said)) for true, said in words]
        counts = span_counts(rows)
        both = counts[1].sum(axis=1) + counts[2].sum(axis=1)
        own = np.divide(2 * counts[0].sum(axis=1), both, out=np.ones(len(rows)), where=both > 0)
        right = np.array([sum(a == b for a, b in zip(*pair, strict=True)) for pair in words])
        lengths = np.array([len(true) for true, _ in words])
        spans = span_statistics(*counts)
        return RowScores(own, lambda weights: spans(weights) | {"word_accuracy": weights @ right / (weights @ lengths)})
