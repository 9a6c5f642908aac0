"""What a model reads of a row: a text, or a pair of texts."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

Text = str | tuple[str, str]
"""One text, or two that are read together."""

SEPARATOR = "\x1f"
"""Stands between the two where a pair must be one string: Unicode's unit separator. No checked row holds one, since
validate sets control characters aside."""


def texts_of(table: pa.Table) -> list[Text]:
    """The text of each row, or its (text, pair); table: with the columns text and pair."""
    texts = table["text"].to_pylist()
    return list(zip(texts, table["pair"].to_pylist(), strict=True)) if holds_pairs(table) else texts


def holds_pairs(table: pa.Table) -> bool:
    """Whether the rows are pairs of texts: all are, or none."""
    return table["pair"].null_count < table.num_rows


def joined(table: pa.Table) -> pa.Array:
    """Each row's text, or both its texts with SEPARATOR between."""
    texts = table["text"].combine_chunks()
    if not holds_pairs(table):
        return texts
    return pc.binary_join_element_wise(texts, table["pair"].combine_chunks(), SEPARATOR)


def parts(texts: Sequence[Text]) -> tuple[list[str], list[str] | None]:
    """The texts, and the second ones if they are pairs: as the columns text and pair of a table hold them."""
    if not texts or isinstance(texts[0], str):
        return [text for text in texts if isinstance(text, str)], None
    pairs = [text for text in texts if not isinstance(text, str)]
    return [text for text, _ in pairs], [pair for _, pair in pairs]


def strings(texts: Iterable[Text]) -> list[str]:
    """All the texts, those of a pair one after the other."""
    return [each for text in texts for each in ([text] if isinstance(text, str) else text)]
