"""What the model must beat. Adding one: a file like majority.py, and its place in one of the lists below."""

from typing import Protocol

from tasks.evaluate.baselines.frozen_linear import FrozenLinear, FrozenWords
from tasks.evaluate.baselines.majority import Majority
from tasks.evaluate.baselines.rows import BaselineRows
from tasks.evaluate.baselines.second_text import FrozenCosine, SecondText
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear
from tasks.evaluate.baselines.usual_tag import UsualTag
from tasks.texts import parts


class Baseline(Protocol):
    """Something simpler than the model, measured on the same rows."""

    name: str
    title: str

    def answers(self, rows: BaselineRows) -> list[str]:
        """The answer to each test row, in the form that tables keep."""
        ...


BASELINES: tuple[Baseline, ...] = (Majority(), TfidfLinear(), FrozenLinear())
OF_PAIRS: tuple[Baseline, ...] = (SecondText(),)
"""Where rows are pairs of texts, these too."""
OF_NUMBERS_OF_PAIRS: tuple[Baseline, ...] = (FrozenCosine(),)
"""Where such rows ask for a number, these too."""
OF_WORDS: tuple[Baseline, ...] = (UsualTag(), FrozenWords())
"""Where each word is answered, only these."""

__all__ = ["BASELINES", "OF_NUMBERS_OF_PAIRS", "OF_PAIRS", "OF_WORDS", "Baseline", "BaselineRows", "baselines_for"]


def baselines_for(rows: BaselineRows) -> tuple[Baseline, ...]:
    """Those that rows like these can be held against."""
    if rows.target.per_word:
        return OF_WORDS
    if parts(rows.test_texts)[1] is None:
        return BASELINES
    return (*BASELINES, *OF_PAIRS, *(() if rows.target.has_classes else OF_NUMBERS_OF_PAIRS))
