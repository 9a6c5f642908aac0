"""What a row holds, to the rest: its columns, how it is told apart from others, and what the head sees of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from tasks.errors import DataError
from tasks.settings import settings
from tasks.texts import Text, strings

if TYPE_CHECKING:
    from torch import Tensor


@settings
class Input:
    """A row → what the head sees. Rows of another shape are refused."""

    kind: str
    """How params.yaml and about.json name it."""

    columns: ClassVar[tuple[str, ...]]
    """The columns of a table, or keys of a record, that a row's texts stand in."""
    reads: ClassVar[str]
    """What a model reads, in a person's words."""
    advice: ClassVar[str]
    """What a person who gives rows of another shape should do."""

    def feature_width(self, hidden_width: int) -> int:
        """How many numbers the head sees of a row, for a base of this width."""
        raise NotImplementedError

    def pool(self, states: "Tensor", attention_mask: "Tensor", segments: "Tensor | None") -> "Tensor":
        """What the head sees, (B, F) in float32, rows of length √F.

        states: (B, T, D). attention_mask, segments: (B, T), see tasks.model.batches.Batch.
        """
        raise NotImplementedError

    def suits(self, texts: Sequence[Text]) -> bool:
        """Whether these are such rows."""
        return not texts or all(len(strings([text])) == len(self.columns) for text in texts)

    def check(self, texts: Sequence[Text]) -> None:
        """Raise DataError unless these are such rows."""
        if not self.suits(texts):
            raise DataError(f"This model reads {self.reads}. {self.advice}")
