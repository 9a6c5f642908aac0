"""What the model must beat. Adding one: a file like majority.py, and its place in BASELINES, or in OF_PAIRS."""

from tasks.evaluate.baselines.frozen_linear import FrozenLinear
from tasks.evaluate.baselines.majority import Majority
from tasks.evaluate.baselines.rows import BaselineRows
from tasks.evaluate.baselines.second_text import SecondText
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear
from tasks.texts import parts

BASELINES = (Majority(), TfidfLinear(), FrozenLinear())
OF_PAIRS = (SecondText(),)
"""Where rows are pairs of texts, these too."""

__all__ = ["BASELINES", "OF_PAIRS", "BaselineRows", "baselines_for"]


def baselines_for(rows: BaselineRows) -> tuple[Majority | TfidfLinear | FrozenLinear | SecondText, ...]:
    """Those that rows like these can be held against."""
    return BASELINES if parts(rows.test_texts)[1] is None else (*BASELINES, *OF_PAIRS)
