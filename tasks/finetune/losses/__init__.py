"""What a row costs; one file each. A new one is a file and a line here."""

from typing import Annotated

from pydantic import Field

from tasks.finetune.losses.cross_entropy import CrossEntropy
from tasks.finetune.losses.focal import Focal

AnyLoss = Annotated[CrossEntropy | Focal, Field(discriminator="kind")]
