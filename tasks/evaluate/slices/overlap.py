"""Pairs whose texts share few or many words."""

import re

import numpy as np

from tasks.evaluate.slices.slice import Slice, SliceRows
from tasks.texts import Text, parts

_WORD = re.compile(r"\w+")


def cut_by_overlap(rows: SliceRows) -> list[Slice]:
    """Two slices of pairs, cut at the train pairs' median share of second-text words that the first text has too.

    A model may have learned that shared words mean agreement (McCoy et al. 2019, "HANS", arXiv 1902.01007). Nothing of
    single texts.
    """
    if parts(rows.test_texts)[1] is None:
        return []
    middle = float(np.median(_shares(rows.train_texts)))
    shares = _shares(rows.test_texts)
    return [
        Slice(
            "few_shared_words", f"up to {middle:.0%} of the second text's words in the first", _where(shares <= middle)
        ),
        Slice(
            "many_shared_words", f"over {middle:.0%} of the second text's words in the first", _where(shares > middle)
        ),
    ]


def _shares(texts: list[Text]) -> np.ndarray:
    """(N,): the share of each second text's words that its first text holds."""
    first, second = parts(texts)
    words = [[{*_WORD.findall(text.lower())} for text in column] for column in (first, second or [])]
    return np.array([len(one & other) / max(1, len(other)) for one, other in zip(*words, strict=True)])


def _where(mask: np.ndarray) -> np.ndarray:
    return np.flatnonzero(mask)
