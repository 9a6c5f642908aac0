"""Which layers learn in which epoch; one file each. A new one is a file and a line here."""

from typing import Annotated

from pydantic import Field

from tasks.finetune.thaws.at_once import AtOnce
from tasks.finetune.thaws.by_epoch import ByEpoch
from tasks.finetune.thaws.freeze_out import FreezeOut
from tasks.finetune.thaws.on_plateau import OnPlateau

AnyThaw = Annotated[AtOnce | ByEpoch | OnPlateau | FreezeOut, Field(discriminator="kind")]
