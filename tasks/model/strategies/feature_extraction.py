"""The base is frozen; a logistic head learns on its features."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tasks.model.strategies.base import Strategy
from tasks.settings import settings


@settings
class FeatureExtraction(Strategy):
    """Cheapest, and hard to beat with few rows. Features are computed once; the base is untouched to the bit."""

    kind: Literal["feature_extraction"] = "feature_extraction"
    inverse_penalty: Annotated[float, Field(gt=0)] | None = None
    """C of the logistic regression on features of length 1: more fits closer; null: chosen by cross-validation."""
    iterations: Annotated[int, Field(ge=1)] = 100
    """At most so many passes of L-BFGS over the features."""

    learns_in: ClassVar[Literal["own", "merged", "added"]] = "own"
