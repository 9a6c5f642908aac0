"""The test rows that a version was measured on, cut into slices as evaluate cuts them"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tasks.dvc_store import DvcStore
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.slices import Slice, SliceRows, cut_slices
from tasks.lineage.statement import Statement
from tasks.paths import Paths
from tasks.promotion.data_files import recorded_test, recorded_train
from tasks.table import SPLIT, read_table
from tasks.targets import Target
from tasks.texts import Text, texts_of

_COLUMNS = ["row_id", "text", "pair", "label"]


@dataclass(frozen=True)
class Piece:
    """A slice: its n texts as a model reads them, and their n targets."""

    name: str
    texts: list[Text]
    labels: list[str]


@dataclass(frozen=True)
class TestRows:
    """N test rows and their slices."""

    __test__ = False  # pytest takes the name for a test's

    md5: str
    texts: list[Text]
    labels: list[str]
    slices: tuple[Piece, ...]

    @property
    def all_texts(self) -> list[Text]:
        """Every text that a model has to read."""
        return [*self.texts, *(text for piece in self.slices for text in piece.texts)]


def find_test_rows(paths: Paths, statement: Statement, target: Target, settings: EvaluateSettings) -> TestRows | None:
    """The rows that the statement names by md5; None if they are not on this disk (workspace, DVC's cache, remotes).

    The slices of evaluate need the train rows too: where those are gone, there are those of the target's groups alone.
    """
    name, md5 = recorded_test(statement)
    store = DvcStore(paths.root)
    file = store.find(name, md5)
    if file is None:
        return None
    table = read_table(file, SPLIT, _COLUMNS)
    train = store.find(*recorded_train(statement))
    return cut(table, _read(train), target, settings, md5)


def cut(table: pa.Table, train: pa.Table | None, target: Target, settings: EvaluateSettings, md5: str) -> TestRows:
    """The test rows in `table` with a slice for each group, and those of evaluate if there are train rows."""
    texts, labels = texts_of(table), table["label"].to_pylist()
    pieces = [_take(name, rows, texts, labels) for name, rows in target.rows_by_group(labels).items()]
    if train is not None:
        found = cut_slices(_as_slice_rows(table, train, target, settings))
        pieces += [_as_piece(each, texts, labels) for each in found]
    return TestRows(md5, texts, labels, tuple(pieces))


def _read(train: Path | None) -> pa.Table | None:
    return None if train is None else read_table(train, SPLIT, _COLUMNS)


def _as_slice_rows(table: pa.Table, train: pa.Table, target: Target, settings: EvaluateSettings) -> SliceRows:
    return SliceRows(
        train_texts=texts_of(train),
        train_groups=target.strata(train["label"].to_pylist()),
        test_texts=texts_of(table),
        test_ids=table["row_id"].to_pylist(),
        test_groups=target.strata(table["label"].to_pylist()),
        groups_are_labels=target.has_classes,
        typo_share=settings.typo_share,
        typo_rows=settings.typo_rows,
        seed=settings.seed,
    )


def _as_piece(found: Slice, texts: list[Text], labels: list[str]) -> Piece:
    own = [texts[row] for row in found.rows] if found.texts is None else found.texts
    return Piece(found.name, own, [labels[row] for row in found.rows])


def _take(name: str, rows: np.ndarray, texts: list[Text], labels: list[str]) -> Piece:
    return Piece(name, [texts[row] for row in rows], [labels[row] for row in rows])
