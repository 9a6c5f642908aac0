"""What a problem is to the rest: what a row holds, and what the head sees of it."""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor

from tasks.errors import DataError
from tasks.texts import Text, strings


class Problem:
    """A row → what the head sees. Rows of another shape are refused."""

    kind: ClassVar[str]
    """How about.json names it."""
    columns: ClassVar[tuple[str, ...]]
    """The columns of a table, or keys of a record, that a row's texts stand in."""
    reads: ClassVar[str]
    """What a model reads, in a person's words."""
    advice: ClassVar[str]
    """What a person who gives rows of another shape should do."""

    def feature_width(self, hidden_width: int) -> int:
        """How many numbers the head sees of a row, for a base of this width."""
        raise NotImplementedError

    def pool(self, states: Tensor, attention_mask: Tensor, segments: Tensor | None) -> Tensor:
        """What the head sees, (B, F) in float32, rows of length √F.

        states: (B, T, D). attention_mask, segments: (B, T), see tasks.model.batches.Batch.
        """
        raise NotImplementedError

    def suits(self, texts: Sequence[Text]) -> bool:
        """Whether these are the problem's rows."""
        return not texts or all(len(strings([text])) == len(self.columns) for text in texts)

    def check(self, texts: Sequence[Text]) -> None:
        """Raise DataError unless these are the problem's rows."""
        if not self.suits(texts):
            raise DataError(f"This model reads {self.reads}. {self.advice}")
