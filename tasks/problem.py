"""What the rows hold and what is asked of them: the section `problem` of params.yaml."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, TypeAdapter

from tasks.inputs import AnyInput
from tasks.settings import settings
from tasks.targets import AnyTarget, LabelTarget


@settings
class ProblemSettings:
    """One label for each text, unless it says otherwise."""

    input: AnyInput | None = None
    """What a row holds: {kind: text} or {kind: pair}; null: pair where ingest.pair_column is set, else text."""
    target: AnyTarget = Field(default_factory=LabelTarget)
    """What is asked of it: {kind: label}, labels, number or tags."""


def recorded_problem(settings: Mapping[str, Any]) -> ProblemSettings:
    """The problem that recorded settings name; those from before there were several name none, and mean one label."""
    return TypeAdapter(ProblemSettings).validate_python(settings.get("problem") or {})
