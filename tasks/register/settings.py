"""When a model may become a version, and under which name."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.settings import settings

Share = Annotated[float, Field(ge=0, le=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


@settings
class GateSettings:
    """What a model must hold to become a version. null turns a rule off; the verdict and the version then say so."""

    finite: bool = True
    """Every metric must be a finite number."""
    min_accuracy: Share | None = 0.5
    """Smallest accuracy on the test rows."""
    min_macro_f1: Share | None = 0.5
    """Smallest macro F1 on the test rows."""
    max_ece: Share | None = 0.15
    """Largest expected calibration error on the test rows."""
    min: dict[str, Finite] = Field(default_factory=dict)
    """Smallest value of any metric of the target on the test rows, e.g. {span_f1: 0.4}."""
    max: dict[str, Finite] = Field(default_factory=dict)
    """Largest value of any metric of the target on the test rows, e.g. {rmse: 0.8}."""
    min_extra: dict[str, dict[str, Finite]] = Field(default_factory=dict)
    """The same on further test sets by their names, e.g. {shifted: {accuracy: 0.6}}; others are only reported."""
    baseline_tolerance: Share | None = 0.0
    """Refused if the model is surely worse than the best baseline by more than this, in accuracy or what stands for it:
    if the whole interval of the paired difference lies below."""
    beats_baseline: Literal["first_version", "always", "never"] = "first_version"
    """When a model must be surely better than the best baseline (the whole interval of the paired difference above 0):
    first_version, while there is no champion that it must stand up to; always; or never."""
    champion_tolerance: Share | None = 0.0
    """The same against the champion, re-scored on this test set."""
    slice_tolerance: Share | None = 0.02
    """Refused if, on any slice, the model loses more accuracy, or mean score of a row, than this to the champion and
    the loss is no accident (one-sided exact McNemar test, else sign flips; Bonferroni over the slices)."""
    min_slice_rows: Annotated[int, Field(ge=1)] = 30
    """Smaller slices are not judged."""


@settings
class RegisterSettings:
    """The registered model and its gate."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = "support-intents"
    """Name of the registered model."""
    gate: GateSettings = Field(default_factory=GateSettings)
    """What a model must hold to become a version."""
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 2_000
    """Bootstrap resamples behind the interval of a difference."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Coverage of that interval; 1 - confidence is also the level of the slices' test."""
    seed: int = 0
    """Draws the resamples."""
