"""How the rates rise and fall over the steps; one file each. A new one is a file and a line here."""

from typing import Annotated

from pydantic import Field

from tasks.finetune.schedules.constant import Constant
from tasks.finetune.schedules.cosine import Cosine
from tasks.finetune.schedules.linear import Linear
from tasks.finetune.schedules.one_cycle import OneCycle
from tasks.finetune.schedules.slanted_triangle import SlantedTriangle

AnySchedule = Annotated[Linear | Cosine | Constant | SlantedTriangle | OneCycle, Field(discriminator="kind")]
