"""How the model is measured."""

from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class EvaluateSettings:
    """Intervals, slices and baselines."""

    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1_000
    """Bootstrap resamples behind each interval."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Coverage of the intervals."""
    seed: int = 0
    """Draws the resamples and the typos of the perturbed slice."""
