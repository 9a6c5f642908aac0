"""What the rows hold and what is asked of them: the section `problem` of params.yaml."""

from pydantic import Field

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
