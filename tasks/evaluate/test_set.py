"""What evaluating reads: the model, the test rows, and the train rows that baselines learn from"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from tasks.errors import DataError
from tasks.paths import Paths
from tasks.table import SPLIT, read_table
from tasks.targets import Decision, Outputs, Target
from tasks.texts import Text, texts_of

COLUMNS = ["row_id", "line", "text", "pair", "label"]


class Predictor(Protocol):
    """What is measured: a saved model, or a stand-in in a test."""

    labels: tuple[str, ...]
    digest: str
    decision: Decision

    @property
    def target(self) -> Target: ...

    def predict(self, texts: Sequence[Text]) -> np.ndarray:
        """An array a row, see tasks.model.files.SavedModel."""
        ...

    def answers(self, outputs: Outputs) -> list[str]:
        """The answer to each row, from what `predict` gives."""
        ...

    def count_cut(self, texts: Sequence[Text]) -> int:
        """How many of the texts are read to their first tokens only."""
        ...


@dataclass(frozen=True)
class Side:
    """The columns of a side of the split, as lists of equal length."""

    ids: list[str]
    lines: list[int]
    texts: list[Text]
    labels: list[str]
    """The rows' targets, as tables keep them."""

    def take(self, rows: np.ndarray) -> "Side":
        """The rows at these positions."""

        def pick(column: list[Any]) -> list[Any]:
            return [column[row] for row in rows]

        return Side(pick(self.ids), pick(self.lines), pick(self.texts), pick(self.labels))


def read_side(paths: Paths, side: str, target: Target, known: tuple[str, ...]) -> Side:
    """The rows of `train` or `test`.

    known: the model's labels. Raises DataError if there are no rows, or one names a label that is not among them.
    """
    path = getattr(paths, side)
    table = read_table(path, SPLIT, COLUMNS)
    if not table.num_rows:
        raise DataError(f"{path.name} has no rows. Raise split.{side} in params.yaml, or give a {side} file.")
    found = as_side(table)
    unknown = target.unknown(found.labels, known)
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise DataError(f"{path.name}: the model does not know the label {unknown[0]!r}{more}. Run finetune again.")
    return found


def as_side(table: pa.Table) -> Side:
    """The rows of a table with at least COLUMNS."""
    ids, lines, labels = (table.column(name).to_pylist() for name in ("row_id", "line", "label"))
    return Side(ids, lines, texts_of(table), labels)


def sample_side(side: Side, most: int, seed: int) -> Side:
    """All rows if there are at most `most`, else so many drawn by the seed, in their order."""
    if len(side.ids) <= most:
        return side
    drawn = np.random.default_rng(seed).choice(len(side.ids), most, replace=False)
    return side.take(np.sort(drawn))
