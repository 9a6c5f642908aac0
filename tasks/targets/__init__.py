"""What is asked of a row. To add a target: write its file, then name it in AnyTarget."""

from typing import Annotated, get_args

from pydantic import Field

from tasks.scoring.bootstrap import Scores
from tasks.targets.base import Outputs, Target
from tasks.targets.label import LabelTarget
from tasks.targets.labels import LabelsTarget
from tasks.targets.learning import NOTHING, Decision
from tasks.targets.number import NumberTarget
from tasks.targets.tags import TagsTarget

AnyTarget = Annotated[LabelTarget | LabelsTarget | NumberTarget | TagsTarget, Field(discriminator="kind")]
TARGETS: dict[str, type[Target]] = {each.kind: each for each in get_args(get_args(AnyTarget)[0])}

__all__ = ["NOTHING", "TARGETS", "AnyTarget", "Decision", "LabelTarget", "Outputs", "Scores", "Target"]
