"""How the model is measured."""

from typing import Annotated

from pydantic import Field

from tasks.settings import settings


@settings
class EvaluateSettings:
    """Intervals, slices, baselines and errors."""

    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1_000
    """Bootstrap resamples behind each interval."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Coverage of the intervals."""
    seed: int = 0
    """Draws the resamples, the typos, and the rows of the caps below."""
    baseline_rows: Annotated[int, Field(ge=10)] = 20_000
    """At most so many train rows teach the baselines; more are sampled down, and the report says so."""
    typo_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the words that get a keyboard typo in the slice `typos`."""
    typo_rows: Annotated[int, Field(ge=10)] = 1_000
    """At most so many test rows are read a second time with typos."""
    worst_errors: Annotated[int, Field(ge=0, le=1_000)] = 20
    """Confident errors shown with their nearest train rows."""
    nearest_rows: Annotated[int, Field(ge=1, le=20)] = 3
    """Nearest train rows shown beside each of them."""
