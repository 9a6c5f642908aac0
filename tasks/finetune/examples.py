"""Rows → token ids and truth, and which of them are held out."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from tokenizers import Tokenizer
from torch import Tensor

from tasks.digest import sha256_of_texts
from tasks.errors import DataError, SettingsError
from tasks.model.batches import Tokens
from tasks.model.tokenizer import token_ids
from tasks.paths import Paths
from tasks.table import AUGMENTED, SPLIT, read_table
from tasks.targets import Target
from tasks.texts import Text, strings, texts_of


@dataclass(frozen=True)
class Examples:
    """Rows ready to learn from. N rows."""

    texts: list[Text]
    ids: Tokens
    truth: Tensor
    """What the outputs should be, first dimension N, see the target."""

    @property
    def lengths(self) -> list[int]:
        """Tokens in each row."""
        return [len(each) for each in self.ids]

    @property
    def cut(self) -> int:
        """How many rows are longer than base.max_tokens and are read to there only."""
        return sum(self.ids.is_cut or ())

    @property
    def digest(self) -> str:
        """The sha256 of texts and truth, in order."""
        return sha256_of_texts([*strings(self.texts), *map(str, self.truth.tolist())])


def read_examples(paths: Paths, val_fold: int | None) -> tuple[pa.Table, pa.Table]:
    """The train rows (augmented) and the held-out rows: val, or one fold of both sides."""
    train, val = read_table(paths.augmented, AUGMENTED), read_table(paths.val, SPLIT)
    if val_fold is None:
        return train, val
    folds = set(train["fold"].to_pylist()) | set(val["fold"].to_pylist())
    if len(folds) < 2 or val_fold not in folds:
        raise SettingsError(f"finetune.val_fold: {val_fold}, but split.folds made {len(folds)} folds; set split.folds.")
    both = pa.concat_tables([train, val], promote_options="default")
    in_fold = pa.compute.equal(both["fold"], val_fold)
    is_original = pa.compute.fill_null(pa.compute.equal(both["method"], "original"), True)
    return both.filter(pa.compute.invert(in_fold)), both.filter(pa.compute.and_(in_fold, is_original))


def make_examples(table: pa.Table, classes: Sequence[str], tokenizer: Tokenizer, side: str, target: Target) -> Examples:
    """Token ids and truth of a table's rows. Raises DataError if there are none, or one names an unknown class."""
    texts = texts_of(table)
    if not texts:
        raise DataError(f"there are no {side} rows to learn from. Add rows, or raise the side's share in split.")
    column = table["label"].to_pylist()
    unknown = target.unknown(column, classes)
    if unknown:
        raise DataError(f"{side} rows carry labels that train does not have ({', '.join(unknown[:3])}). Split again.")
    ids = token_ids(tokenizer, texts, per_word=target.per_word)
    return Examples(texts, ids, target.encode(column, classes, ids.words))
