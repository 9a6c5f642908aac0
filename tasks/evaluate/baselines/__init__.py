"""What the model must beat. Adding one: a file like majority.py, and its place in BASELINES."""

from tasks.evaluate.baselines.frozen_linear import FrozenLinear
from tasks.evaluate.baselines.majority import Majority
from tasks.evaluate.baselines.rows import BaselineRows
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear

BASELINES = (Majority(), TfidfLinear(), FrozenLinear())

__all__ = ["BASELINES", "BaselineRows"]
